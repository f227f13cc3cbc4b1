// Entries as events of the Open Cybersecurity Schema Framework, for systems that gather those of a whole house. The schema
// is at https://schema.ocsf.io and in github.com/ocsf/ocsf-schema; a test holds the attributes that it requires.
import { type Entry, entryKinds } from '../../../audit/index.ts';
import { rulesIn } from '../entry-index/index.ts';
import type { FoundEntry } from '../found-entries.ts';
import { hexOf } from './entry-writer.ts';
import {
  OCSF_VERSION,
  type OcsfClass,
  type OcsfPlace,
  OTHER_ACTIVITY,
  ocsfClasses,
  ocsfPlaceOf,
} from './ocsf-class.ts';

const PRODUCT = { name: 'Galley', vendor_name: 'Galley' } as const;
const SUCCESS = { status_id: 1, status: 'Success' } as const;
const FAILURE = { status_id: 2, status: 'Failure' } as const;
const INFORMATIONAL = { severity_id: 1, severity: 'Informational' } as const;
const LOW = { severity_id: 2, severity: 'Low' } as const;

/** What an event takes from the log as a whole: its name. */
export interface OcsfSource {
  readonly origin: string;
}

/** Writes an entry as a line of JSON with one event. */
export function ocsfLineOf(entry: FoundEntry, source: OcsfSource): string {
  return JSON.stringify(ocsfEventOf(entry, source));
}

/** Writes an entry as an event. Whatever the schema has no place for stands under `unmapped`. */
export function ocsfEventOf(found: FoundEntry, { origin }: OcsfSource): Readonly<Record<string, unknown>> {
  const { entry, leafIndex, hash } = found;
  const { kind, subject } = entry;
  const place = ocsfPlaceOf(kind);
  const of: OcsfClass = ocsfClasses[place.class];
  const activity = of.activities[place.activity] ?? kind;
  const hasFailed = /-(refused|failed)$/.test(kind);
  const code = textOf(subject.code) ?? textOf(subject.reason) ?? rulesIn(subject)[0];
  return {
    category_uid: of.category.uid,
    category_name: of.category.name,
    class_uid: of.uid,
    class_name: of.name,
    activity_id: place.activity,
    activity_name: place.activity === OTHER_ACTIVITY ? kind : activity,
    type_uid: of.uid * 100 + place.activity,
    type_name: `${of.name}: ${place.activity === OTHER_ACTIVITY ? 'Other' : activity}`,
    time: Date.parse(entry.at),
    timezone_offset: 0,
    ...(hasFailed ? FAILURE : SUCCESS),
    ...(hasFailed ? LOW : INFORMATIONAL),
    ...(hasFailed && code !== undefined ? { status_code: code } : {}),
    message: entryKinds[kind],
    ...(typeof subject.count === 'number' ? { count: subject.count } : {}),
    metadata: {
      version: OCSF_VERSION,
      product: PRODUCT,
      log_name: origin,
      // The same however often it is exported: whoever has an event already knows it again.
      uid: `${origin}/${leafIndex}`,
      sequence: leafIndex,
      event_code: kind,
      original_time: entry.at,
      ...correlation(subject),
    },
    actor: { user: userOf(entry) },
    ...attributesOf(entry, place),
    unmapped: { leaf_index: leafIndex, leaf_hash: hexOf(hash), collaboration: entry.collaboration, subject },
  };
}

/** What a class requires beyond what every event has. */
function attributesOf(entry: Entry, place: OcsfPlace): Readonly<Record<string, unknown>> {
  switch (place.class) {
    case 'authentication':
      // Who it was is just what is not known.
      return { user: { name: 'unknown', type_id: 0 }, service: { name: 'galley' } };
    case 'entity':
      return { entity: entityOf(entry, place.entity ?? 'entity') };
    case 'access':
      return { user: granteeOf(entry), privileges: privilegesOf(entry), resources: resourcesOf(entry) };
    case 'lifecycle':
      return { app: PRODUCT };
    case 'api':
      return {
        api: { operation: entry.kind, service: { name: 'galley' } },
        // Required by the class; the log holds no network addresses.
        src_endpoint: { name: 'not recorded', type_id: 0 },
        resources: resourcesOf(entry),
      };
    default:
      return place.class satisfies never;
  }
}

/** A person or program of a member; the service itself where nobody acted. */
function userOf({ actor, subject }: Entry): Readonly<Record<string, unknown>> {
  const [principal, member] = [actor?.principal ?? textOf(subject.principal), actor?.member ?? textOf(subject.member)];
  if (principal === undefined || (actor === null && member === undefined)) return { name: 'galley', type_id: 3 };
  return { name: principal, uid: `${member}/${principal}`, type_id: 1, org: { name: member } };
}

function granteeOf({ subject }: Entry): Readonly<Record<string, unknown>> {
  const member = textOf(subject.grantee) ?? textOf(subject.auditorMember) ?? 'unknown';
  const principal = textOf(subject.auditorPrincipal);
  return { name: principal ?? member, uid: principal === undefined ? member : `${member}/${principal}`, type_id: 99 };
}

function privilegesOf({ kind, subject }: Entry): readonly string[] {
  if (Array.isArray(subject.abilities)) return subject.abilities.map(String);
  return kind.startsWith('audit-') ? ['read-log', ...(subject.decisions === true ? ['read-decision'] : [])] : [];
}

function entityOf(entry: Entry, type: string): Readonly<Record<string, unknown>> {
  const { subject, actor, collaboration } = entry;
  const ids: Readonly<Record<string, string | undefined>> = {
    collaboration: collaboration ?? undefined,
    dataset: textOf(subject.dataset),
    rules: textOf(subject.dataset) ?? collaboration ?? undefined,
    function: textOf(subject.function),
    destination: textOf(subject.destination),
  };
  return { type, uid: ids[type] ?? textOf(subject.erasure) ?? actor?.member ?? 'galley', type_id: OTHER_ACTIVITY };
}

/** Fields of a subject that name something, as the type of a resource. */
const RESOURCE_FIELDS = [
  'question',
  'audience',
  'activation',
  'match',
  'dataset',
  'snapshot',
  'upload',
  'function',
  'destination',
  'grant',
  'resource',
];

function resourcesOf({ collaboration, subject }: Entry): readonly Readonly<Record<string, string>>[] {
  const named = RESOURCE_FIELDS.flatMap((type) => {
    const uid = textOf(subject[type]);
    return uid === undefined ? [] : [{ type, uid }];
  });
  const tables = Array.isArray(subject.tables) ? subject.tables.flatMap(tableOf) : [];
  return [...(collaboration === null ? [] : [{ type: 'collaboration', uid: collaboration }]), ...named, ...tables];
}

function tableOf(value: unknown): readonly Readonly<Record<string, string>>[] {
  const name = typeof value === 'object' && value !== null && 'table' in value ? value.table : value;
  return typeof name === 'string' ? [{ type: 'table', uid: name }] : [];
}

function correlation(subject: Entry['subject']): Readonly<Record<string, string>> {
  const id = textOf(subject.question) ?? textOf(subject.audience) ?? textOf(subject.match);
  return id === undefined ? {} : { correlation_uid: id };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
