import { EntryError } from './entry-error.ts';
import { type EntryKind, isEntryKind } from './entry-kind.ts';
import { assertJsonValue, isPlainObject, type JsonValue } from './json-value.ts';

/** The version of the entry's shape; a new shape gets a new number, and old leaves stay readable. */
export const ENTRY_VERSION = 1;

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
  readonly version: typeof ENTRY_VERSION;
}

const ENTRY_FIELDS = ['version', 'kind', 'at', 'actor', 'collaboration', 'subject'];
const ACTOR_FIELDS = ['principal', 'member'];

/**
 * Checks that a value from outside is an entry and nothing more.
 *
 * @throws {EntryError} `ENTRY_VERSION_UNKNOWN`, `ENTRY_KIND_UNKNOWN` or `ENTRY_FIELD_INVALID`
 */
export function assertEntry(value: unknown): asserts value is Entry {
  if (!isPlainObject(value)) throw new EntryError('ENTRY_FIELD_INVALID', 'entry is not an object');
  if (value.version !== ENTRY_VERSION) {
    throw new EntryError('ENTRY_VERSION_UNKNOWN', 'entry has a version this verifier does not know');
  }
  if (!isEntryKind(value.kind))
    throw new EntryError('ENTRY_KIND_UNKNOWN', 'entry is of a kind outside the closed list');
  assertFields(value, ENTRY_FIELDS, 'entry');
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
