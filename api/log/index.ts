/** The door of the log's service. */
export { makeLogService } from './log-service.ts';
