/** The door of the decisions' chapter: what each decision on a question was made from, kept for auditors. */
export { keepDecision } from './keep-decision.ts';
export { openDecision } from './open-decision.ts';
