export type { AppendedEntry, AuditLog, ReadEntry } from './audit-log.ts';
export { type OpenLogOptions, openLog } from './open-log.ts';
export { type ReadJournal, readJournal } from './read-journal.ts';
export { withSchemas } from './with-schemas.ts';
