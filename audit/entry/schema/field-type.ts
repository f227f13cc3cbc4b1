// What may stand in a field, as plain code: a check runs before every append, and no library is worth its time there.
import { isPlainObject, type JsonValue } from '../json-value.ts';

/** What may stand in a field. As tight as what the service writes: a wide field is where a value would hide. */
export interface FieldType {
  /** For the page: what stands there. */
  readonly says: string;
  readonly accepts: (value: JsonValue) => boolean;
  /** Whether the field may be left out. */
  readonly isOptional?: true;
}

/** The fields of a subject, and no others. */
export type Fields = Readonly<Record<string, FieldType>>;

/** Longest text that a person wrote and the log repeats: a purpose, an address. */
const MAX_WORDS_CHARS = 1_000;
/** Longest name. */
const MAX_NAME_CHARS = 255;

/** A text of one form. */
export function pattern(says: string, form: RegExp): FieldType {
  return { says, accepts: (value) => typeof value === 'string' && form.test(value) };
}

/** An id that the service drew, for example `q-31a9…`. */
export function idOf(prefix: string, says: string): FieldType {
  return pattern(`${says}, \`${prefix}-…\``, new RegExp(`^${prefix}-[0-9a-f]{32}$`));
}

/** A digest in hex, of 32 bytes unless another length is named. */
export function digest(says: string, bytes = 32): FieldType {
  return pattern(says, new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
}

/** A name as members, datasets' aliases and destinations have it. */
export function name(says: string): FieldType {
  return pattern(says, /^[a-z][a-z0-9_-]{1,62}$/);
}

/** A table, `member.alias`. */
export function table(says: string): FieldType {
  return pattern(says, /^[a-z][a-z0-9-]{1,62}\.[a-z][a-z0-9_]{0,62}$/);
}

/** Text of SQL with a mark for every literal, or other text that is the service's own. */
export function text(says: string): FieldType {
  return { says, accepts: (value) => typeof value === 'string' };
}

/** A few words that a person wrote for everybody to read. */
export function words(says: string): FieldType {
  return { says, accepts: (value) => typeof value === 'string' && value.length <= MAX_WORDS_CHARS };
}

/** A name from elsewhere: of a principal, a column, a dataset's key. */
export function label(says: string): FieldType {
  return { says, accepts: (value) => typeof value === 'string' && value.length <= MAX_NAME_CHARS };
}

/** One of a closed list of words, which the page names. */
export function oneOf(says: string, ...known: readonly string[]): FieldType {
  return {
    says: `${says}: ${known.map((word) => `\`${word}\``).join(', ')}`,
    accepts: (value) => known.includes(value as string),
  };
}

/** A word of a list that is closed elsewhere: a rule, a code, an ability. */
export function word(says: string): FieldType {
  return pattern(says, /^[A-Za-z][A-Za-z0-9_:-]{0,99}$/);
}

/** A whole number of at least 0. */
export function count(says: string): FieldType {
  return { says, accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 0 };
}

/** A number of at least 0. */
export function amount(says: string): FieldType {
  return { says, accepts: (value) => typeof value === 'number' && value >= 0 };
}

/** A claim. */
export function flag(says: string): FieldType {
  return { says, accepts: (value) => typeof value === 'boolean' };
}

/** A time, RFC 3339 in UTC with milliseconds. */
export function time(says: string): FieldType {
  return pattern(says, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
}

/** A list of one type. */
export function listOf(type: FieldType, says = type.says): FieldType {
  return { says: `list: ${says}`, accepts: (value) => Array.isArray(value) && value.every(type.accepts) };
}

/** An object of exactly some fields. */
export function objectOf(says: string, fields: Fields): FieldType {
  const names = Object.keys(fields).map((field) => `\`${field}\``);
  return {
    says: `${says} (${names.join(', ')})`,
    accepts: (value) => isPlainObject(value) && faultOf(fields, value as Record<string, JsonValue>) === null,
  };
}

/** One type or another. */
export function either(one: FieldType, other: FieldType): FieldType {
  return { says: `${one.says}, or ${other.says}`, accepts: (value) => one.accepts(value) || other.accepts(value) };
}

/** A type, or null where there is nothing to say. */
export function orNull(type: FieldType): FieldType {
  return { says: `${type.says}, or null`, accepts: (value) => value === null || type.accepts(value) };
}

/** Digests by the names of what they are of. */
export function digestsByName(says: string): FieldType {
  const { accepts } = digest(says);
  return {
    says: `digests ${says}, by name`,
    accepts: (value) =>
      isPlainObject(value) &&
      Object.entries(value).every(([key, one]) => key.length <= MAX_NAME_CHARS && accepts(one as JsonValue)),
  };
}

/** A field that may be left out. */
export function optional(type: FieldType): FieldType {
  return { ...type, isOptional: true };
}

/** The first field that is missing, of another type or not named at all; null when there is none. */
export function faultOf(fields: Fields, value: Readonly<Record<string, JsonValue>>): string | null {
  for (const [field, type] of Object.entries(fields)) {
    const found = value[field];
    if (found === undefined ? type.isOptional !== true : !type.accepts(found)) return field;
  }
  return Object.keys(value).find((field) => !Object.hasOwn(fields, field)) ?? null;
}
