/** The door of the decisions' chapter: what each decision was made from, kept for auditors. */
export { accountBefore, accountsBefore, accountsNow } from './accounts-then.ts';
export { type DecisionPlace, keepDecision, sealDecision } from './keep-decision.ts';
export { touchedBy, touchedByText } from './touched-by.ts';
