/** The door of the log's service. */
export { EntryIndex, type EntryQuery } from './entry-index/index.ts';
export { makeLogService } from './log-service.ts';
export { startWitnessing, type Witnessing } from './witnesses.ts';
