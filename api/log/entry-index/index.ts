/** The door of the index: entries of the log by what they name. */
export { EntryIndex, type EntryQuery, type VisiblePart } from './entry-index.ts';
export { columnsIn, type Outcome, outcomeOf, rulesIn } from './entry-terms.ts';
