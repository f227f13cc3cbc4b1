import { EntryError } from './entry-error.ts';

/** A value that JSON can carry and RFC 8785 can write in one way only. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * Deepest nesting in an entry's subject: a plan or a decision needs about ten, and a verifier's stack must not depend
 * on the log.
 */
export const MAX_SUBJECT_DEPTH_LEVELS = 32;

/**
 * Checks that a value is plain JSON all the way down.
 *
 * Stricter than a serializer: `undefined`, `toJSON`, class instances and holes would be dropped or rewritten in
 * silence, and the log would then hold something its author never said.
 *
 * @throws {EntryError} `ENTRY_FIELD_INVALID`
 */
export function assertJsonValue(value: unknown, depth = 0): asserts value is JsonValue {
  if (depth > MAX_SUBJECT_DEPTH_LEVELS) throw notJson('is nested too deeply');
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') return assertWellFormed(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notJson('holds a number that is not finite');
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) assertJsonValue(item, depth + 1);
    return;
  }
  if (!isPlainObject(value)) throw notJson('holds a value that JSON cannot carry');
  for (const [key, item] of Object.entries(value)) {
    assertWellFormed(key);
    assertJsonValue(item, depth + 1);
  }
}

/**
 * Tells whether a value is an object made by a literal or by a JSON parser, not a class instance, a function or an
 * array.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function assertWellFormed(text: string): void {
  // A lone surrogate has no UTF-8 form: two different subjects would become the same leaf.
  if (!text.isWellFormed()) throw notJson('holds a string with a lone surrogate');
}

function notJson(what: string): EntryError {
  return new EntryError('ENTRY_FIELD_INVALID', `entry field \`subject\` ${what}`);
}
