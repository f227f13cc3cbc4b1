/** The door of the control store: who agreed to what, what was asked, and what it cost. */
export { forgetOverwritten } from './forget-overwritten.ts';
export {
  AlreadyCharged,
  BudgetSpent,
  type Charge,
  type LedgerAccount,
  openAccount,
  type Reservation,
  readAccounts,
  readCharges,
  reserve,
} from './ledger.ts';
export { type Database, openStore, type Store } from './store.ts';
export type { AccountLevel, QuestionState, Tables } from './tables.ts';
export type { UploadState } from './tables-datasets.ts';
export type { ActivationState, WithdrawalReason } from './tables-deliveries.ts';
export type { DestinationKind } from './tables-destinations.ts';
export type { ReceiptsTable } from './tables-receipts.ts';
export { anyOf, writtenOnce } from './written-once.ts';
