export type { AppendedEntry, AuditLog, ReadEntry } from './audit-log.ts';
export { type OpenLogOptions, openLog } from './open-log.ts';
