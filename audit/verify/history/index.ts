export { LawfulHistory } from './lawful-history.ts';
export type { AccountSum } from './ledger.ts';
