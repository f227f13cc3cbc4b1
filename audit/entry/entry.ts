import { EntryError } from './entry-error.ts';
import { type EntryKind, isEntryKind } from './entry-kind.ts';
import { assertJsonValue, isPlainObject, type JsonValue } from './json-value.ts';
import { assertSubject, currentVersion } from './schema/entry-schemas.ts';

/**
 * The version of the entry's shape that is written; a new shape gets a new number, and old leaves stay readable.
 *
 * Version 1 had no `kindVersion`: its subjects are read as the first version of their kind.
 */
export const ENTRY_VERSION = 2;

/** Who did it: the authenticated principal and the member it acted for. */
export interface EntryActor {
  readonly principal: string;
  readonly member: string;
}

/** One event as a caller hands it to the log: what, when (RFC 3339, UTC, milliseconds), who, where, and about what. */
export interface EntryBody {
  readonly kind: EntryKind;
  readonly at: string;
  readonly actor: EntryActor | null;
  readonly collaboration: string | null;
  readonly subject: Readonly<Record<string, JsonValue>>;
}

/** One event as the log holds it; its leaf is the RFC 8785 canonical JSON of exactly these fields, in UTF-8. */
export interface Entry extends EntryBody {
  readonly version: 1 | typeof ENTRY_VERSION;
  /** The version of the kind's subject, from 1; entries of version 1 have none. */
  readonly kindVersion?: number;
}

/** The fields of an entry in each version of its shape. */
const ENTRY_FIELDS: Readonly<Record<Entry['version'], readonly string[]>> = {
  1: ['version', 'kind', 'at', 'actor', 'collaboration', 'subject'],
  2: ['version', 'kind', 'kindVersion', 'at', 'actor', 'collaboration', 'subject'],
};
const ACTOR_FIELDS = ['principal', 'member'];

/**
 * Checks that a value from outside is an entry and nothing more.
 *
 * @throws {EntryError} `ENTRY_VERSION_UNKNOWN`, `ENTRY_KIND_UNKNOWN` or `ENTRY_FIELD_INVALID`
 */
export function assertEntry(value: unknown): asserts value is Entry {
  if (!isPlainObject(value)) throw new EntryError('ENTRY_FIELD_INVALID', 'entry is not an object');
  if (value.version !== 1 && value.version !== ENTRY_VERSION) {
    throw new EntryError('ENTRY_VERSION_UNKNOWN', 'entry has a version this verifier does not know');
  }
  if (!isEntryKind(value.kind))
    throw new EntryError('ENTRY_KIND_UNKNOWN', 'entry is of a kind outside the closed list');
  assertFields(value, ENTRY_FIELDS[value.version], 'entry');
  if (value.version !== 1 && !isKnownVersion(value.kind, value.kindVersion)) {
    throw new EntryError(
      'ENTRY_VERSION_UNKNOWN',
      `entry of \`${value.kind}\` has a version this verifier does not know`,
    );
  }
  if (!isTimestamp(value.at)) throw invalidField('at', 'is not an RFC 3339 time in UTC with milliseconds');
  if (value.actor !== null) assertActor(value.actor);
  if (value.collaboration !== null && !isName(value.collaboration))
    throw invalidField('collaboration', 'is not a name');
  if (!isPlainObject(value.subject)) throw invalidField('subject', 'is not an object');
  assertJsonValue(value.subject);
}

function assertActor(actor: unknown): void {
  if (!isPlainObject(actor)) throw invalidField('actor', 'is not an object');
  assertFields(actor, ACTOR_FIELDS, 'actor');
  for (const field of ACTOR_FIELDS) if (!isName(actor[field])) throw invalidField(field, 'is not a name');
}

function assertFields(value: Record<string, unknown>, fields: readonly string[], owner: string): void {
  // Exactly these: an extra field would be a place to write to the log what no auditor looks at.
  const found = Object.keys(value);
  if (found.length !== fields.length || !fields.every((field) => Object.hasOwn(value, field))) {
    throw new EntryError('ENTRY_FIELD_INVALID', `${owner} does not have exactly the fields \`${fields.join('`, `')}\``);
  }
}

function isKnownVersion(kind: EntryKind, version: unknown): boolean {
  return Number.isSafeInteger(version) && Number(version) >= 1 && Number(version) <= currentVersion(kind);
}

function isTimestamp(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const epochMs = Date.parse(value);
  // Only the one spelling that the clock itself would give: 30 February and 24:00 are refused.
  return !Number.isNaN(epochMs) && new Date(epochMs).toISOString() === value;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.isWellFormed();
}

function invalidField(field: string, what: string): EntryError {
  return new EntryError('ENTRY_FIELD_INVALID', `entry field \`${field}\` ${what}`);
}

/**
 * Checks that an entry says what its kind may say, and nothing else: those that are about to be written, and those that
 * somebody else wrote.
 *
 * @throws {EntryError} `ENTRY_SUBJECT_INVALID` naming the field, never what stands in it
 */
export function assertSaysWhatItMay(entry: EntryBody | Entry): void {
  const written = 'version' in entry ? (entry.kindVersion ?? 1) : currentVersion(entry.kind);
  assertSubject(entry.kind, written, entry.subject);
}
