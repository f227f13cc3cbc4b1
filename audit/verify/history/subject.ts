import type { Entry, JsonValue } from '../../entry/index.ts';
import { type LogVerificationCode, LogVerificationError } from '../../log-verification-error.ts';

/** An entry with its place: what every check of a history looks at. */
export interface PlacedEntry {
  readonly entry: Entry;
  readonly leafIndex: number;
}

/** One promise about the order of events; it is shown every entry of the log, in order. */
export interface HistoryCheck {
  /** @throws {LogVerificationError} with the entry's place, when the promise is broken there */
  accept(placed: PlacedEntry): void;
}

/**
 * How long something that was under way may still be told of after its permission ended: the longest a question may
 * take by any configuration. A log tells when a thing was written, not when it began.
 */
export const UNDER_WAY_MS = 900_000;

/** What breaks a promise, with its place. */
export function broken(code: LogVerificationCode, message: string, { leafIndex }: PlacedEntry): LogVerificationError {
  return new LogVerificationError(code, message, leafIndex);
}

/** A field of a subject as a text; undefined when it is none. */
export function textOf({ entry }: PlacedEntry, field: string): string | undefined {
  const value = entry.subject[field];
  return typeof value === 'string' ? value : undefined;
}

/** A field of a subject that the entry cannot do without. */
export function nameOf(placed: PlacedEntry, field: string): string {
  const name = textOf(placed, field);
  if (name !== undefined) return name;
  throw broken('SUBJECT_UNREADABLE', `entry \`${placed.entry.kind}\` does not name its \`${field}\``, placed);
}

/** A value as an object; undefined when it is none. */
export function objectOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, JsonValue>>;
}

/** A value as a list of texts; undefined when it is none. */
export function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined;
  return value as readonly string[];
}

/** When an entry was written, in milliseconds. */
export function timeOf({ entry }: PlacedEntry): number {
  return Date.parse(entry.at);
}
