import { type DestinationStream, type Logger, pino } from 'pino';

/** The operator's log: one JSON line an event. It is not the audit log, and promises nothing but help. */
export type OperatorLog = Logger;

/** Fields that are blotted out wherever they stand on the first three levels: secrets, and what merchants wrote. */
const redactedFields = ['authorization', 'token', 'password', 'key', 'secret', 'sql', 'rulesJson', 'chunk', 'arrowIpc'];

/** Opens the operator's log, on standard output unless told otherwise. */
export function openOperatorLog(destination?: DestinationStream, level: string = 'info'): OperatorLog {
  const paths = redactedFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  const options = { level, base: { service: 'galley' }, redact: { paths, censor: '[redacted]' } };
  return destination === undefined ? pino(options) : pino(options, destination);
}
