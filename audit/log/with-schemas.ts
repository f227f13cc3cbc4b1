import { AuditLogError } from '../audit-log-error.ts';
import { assertSaysWhatItMay, type EntryBody } from '../entry/index.ts';
import type { AuditLog } from './audit-log.ts';

/**
 * The same log, which takes no entry that says what its kind may not say, and tells once or more often when it has failed.
 *
 * Apart from the log itself, which is a list of leaves and holds whatever it is given: so it can be tested, and read,
 * without a service around it.
 */
export function withSchemas(log: AuditLog, onFailed: () => void = () => {}): AuditLog {
  const append = async (entry: EntryBody) => {
    assertSaysWhatItMay(entry);
    return await log.append(entry).catch((cause: unknown) => {
      if (cause instanceof AuditLogError && cause.code === 'LOG_FAILED') onFailed();
      throw cause;
    });
  };
  return new Proxy(log, {
    get(target, property) {
      if (property === 'append') return append;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
