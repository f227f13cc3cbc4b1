import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { type Entry, type EntryKind, entryKinds, leafHash, parseLeaf } from '../../../audit/index.ts';
import type { FoundEntry } from '../found-entries.ts';
import { type EntryWriter, hexOf, jsonLineOf, lineWriter } from './entry-writer.ts';
import { ocsfEventOf, ocsfLineOf } from './ocsf-event.ts';
import { parquetWriter } from './parquet-writer.ts';

const source = { origin: 'kitchen.example/log' };

function entryAt(
  leafIndex: number,
  kind: EntryKind,
  subject: Entry['subject'],
  fields: Partial<Entry> = {},
): FoundEntry {
  const entry: Entry = {
    actor: { member: 'chenxi', principal: 'lin' },
    at: new Date(Date.UTC(2031, 4, 1, 12, 0, leafIndex)).toISOString(),
    collaboration: 'col-1',
    kind,
    subject,
    version: 1,
    ...fields,
  };
  // Keys in order make it canonical, as long as those of subjects are.
  const leaf = Buffer.from(JSON.stringify(entry));
  return { leafIndex, leaf, entry: parseLeaf(leaf), hash: leafHash(leaf) };
}

const touched = [{ columns: ['city', 'spend'], table: 'jiufang.outcomes' }];
const entries: readonly FoundEntry[] = [
  entryAt(3, 'question-submitted', { actingFor: 'chenxi', question: 'q-1', touched }),
  entryAt(4, 'budget-reserved', { accounts: ['owner/ds-1'], exact: false, question: 'q-1', rho: 0.02 }),
  entryAt(9, 'question-refused', {
    code: 'QUESTION_REFUSED',
    question: 'q-2',
    violations: [{ column: 1, line: 1, owner: 'jiufang', rule: 'measure-is-permitted' }],
  }),
  entryAt(11, 'service-stopped', {}, { actor: null, collaboration: null }),
];

/** All that a writer gives for entries, and how many pieces it came in. */
function written(writer: EntryWriter, of: Iterable<FoundEntry>): { bytes: Buffer; pieceCount: number } {
  const pieces = [...[...of].map((entry) => writer.add(entry)), writer.finish()].filter((one) => one !== undefined);
  return { bytes: Buffer.concat(pieces), pieceCount: pieces.length };
}

describe('an export as JSON Lines', () => {
  it('has every entry with its place and its hash, and the very bytes that were hashed', () => {
    const lines = written(lineWriter(jsonLineOf), entries).bytes.toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).leafIndex)).toEqual([3, 4, 9, 11]);
    for (const [index, line] of lines.entries()) {
      const leaf = Buffer.from(line.slice(line.indexOf('"entry":') + '"entry":'.length, -1));
      expect(hexOf(leafHash(leaf))).toBe(JSON.parse(line).leafHash);
      expect(leaf).toEqual(Buffer.from(entries[index]?.leaf ?? []));
    }
  });

  it('leaves in pieces that end with a whole line', () => {
    const writer = lineWriter(jsonLineOf);
    const subject = { question: 'q'.repeat(50_000) };
    const pieces = Array.from({ length: 10 }, (_, index) => writer.add(entryAt(index, 'release-read', subject)));
    const ready = pieces.filter((piece) => piece !== undefined);
    expect(ready.length).toBeGreaterThan(1);
    for (const piece of ready) expect(Buffer.from(piece).toString().endsWith('}\n')).toBe(true);
  });
});

describe('an export as Parquet', () => {
  const read = async (bytes: Buffer) => {
    const file = new Uint8Array(bytes).buffer;
    return { rows: await parquetReadObjects({ file }), groups: parquetMetadata(file).row_groups.length };
  };

  it('is read back with every field', async () => {
    const { rows } = await read(written(parquetWriter(), entries).bytes);
    expect(rows).toHaveLength(entries.length);
    expect(rows[0]).toEqual({
      leaf_index: 3n,
      leaf_hash: hexOf(entries[0]?.hash ?? new Uint8Array()),
      at: new Date(Date.UTC(2031, 4, 1, 12, 0, 3)),
      version: 1,
      kind: 'question-submitted',
      collaboration: 'col-1',
      member: 'chenxi',
      principal: 'lin',
      acting_for: 'chenxi',
      subject_id: 'q-1',
      outcome: null,
      rho: null,
      rules: [],
      columns: ['jiufang.outcomes.city', 'jiufang.outcomes.spend'],
      leaf: Buffer.from(entries[0]?.leaf ?? []).toString(),
    });
    expect(rows.map(({ rho }) => rho)).toEqual([null, 0.02, null, null]);
    expect(rows[2]).toMatchObject({ outcome: 'refused', rules: ['measure-is-permitted'], columns: [] });
    expect(rows[3]).toMatchObject({ member: null, principal: null, collaboration: null, subject_id: null });
  });

  it('is a file also of many groups, and of no entries', async () => {
    const many = Array.from({ length: 25_000 }, (_, index) =>
      entryAt(index, 'release-read', { question: `q-${index}` }),
    );
    const { bytes, pieceCount } = written(parquetWriter(), many);
    expect(pieceCount).toBeGreaterThan(2);
    const { rows, groups } = await read(bytes);
    expect(groups).toBe(pieceCount);
    expect(rows.map(({ subject_id: id }) => id)).toEqual(many.map(({ entry }) => entry.subject.question));
    expect(await read(written(parquetWriter(), []).bytes)).toEqual({ rows: [], groups: 0 });
  });
});

// What version 1.9.0 of the schema requires: of every event, of the classes that we use, and of the objects in them.
const REQUIRED_OF_ALL = 'activity_id category_uid class_uid metadata severity_id time type_uid'.split(' ');
const REQUIRED: Readonly<Record<number, { readonly fields: string; readonly activities: readonly number[] }>> = {
  3002: { fields: 'user', activities: [0, 1, 2, 3, 4, 5, 6, 7, 99] },
  3004: { fields: 'entity', activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99] },
  3005: { fields: 'user', activities: [0, 1, 2, 3, 4, 99] },
  6002: { fields: 'app', activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 99] },
  6003: { fields: 'actor api src_endpoint', activities: [0, 1, 2, 3, 4, 99] },
};
const REQUIRED_OF_OBJECTS: Readonly<Record<string, readonly string[]>> = {
  metadata: ['product', 'version'],
  api: ['operation'],
};
/** Of each object, at least one of these. */
const ANY_OF: Readonly<Record<string, readonly string[]>> = {
  actor: ['process', 'user', 'iam_role', 'invoked_by', 'session', 'app_name', 'app_uid'],
  user: ['account', 'name', 'uid'],
  entity: ['name', 'uid', 'device', 'group', 'org', 'policy', 'user'],
  src_endpoint: ['ip', 'uid', 'name', 'hostname', 'svc_name', 'instance_uid', 'interface_uid', 'domain'],
  app: ['name', 'uid'],
  service: ['name', 'uid'],
  product: ['name', 'uid'],
};

type Event = Readonly<Record<string, unknown>>;

/** What of the schema an event does not hold to. */
function faultsOf(event: Event): readonly string[] {
  const of = REQUIRED[Number(event.class_uid)];
  if (of === undefined) return [`class ${String(event.class_uid)} is not one of ours`];
  const missing = [...REQUIRED_OF_ALL, ...of.fields.split(' ')].filter((name) => event[name] === undefined);
  const activity = Number(event.activity_id);
  return [
    ...missing.map((name) => `${name} is missing`),
    ...(of.activities.includes(activity) ? [] : [`activity ${activity} is not of the class`]),
    ...(event.type_uid === Number(event.class_uid) * 100 + activity ? [] : ['type_uid does not add up']),
    ...(activity === 99 && event.activity_name === undefined ? ['activity 99 has no name'] : []),
    ...(event.class_uid === 3002 && event.service === undefined ? ['neither service nor dst_endpoint'] : []),
    ...objectFaults(event),
  ];
}

function objectFaults(object: Event): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (name === 'unmapped' || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    const fields = value as Event;
    const missing = (REQUIRED_OF_OBJECTS[name] ?? []).filter((field) => fields[field] === undefined);
    const any = ANY_OF[name];
    const isEmpty = any !== undefined && !any.some((field) => fields[field] !== undefined);
    const own = [
      ...missing.map((field) => `${name}.${field} is missing`),
      ...(isEmpty ? [`${name} says nothing`] : []),
    ];
    return [...own, ...objectFaults(fields)];
  });
}

describe('an export as OCSF', () => {
  it('has what the schema requires, for an entry of every kind, with and without an actor', () => {
    for (const kind of Object.keys(entryKinds) as EntryKind[]) {
      for (const fields of [{}, { actor: null, collaboration: null }]) {
        const event = ocsfEventOf(entryAt(1, kind, { question: 'q-1' }, fields), source);
        expect(faultsOf(event), kind).toEqual([]);
      }
    }
  });

  it('is told apart by its class, its end and its name, and known again by its place in the log', () => {
    const [question, , refusal, stop] = entries.map((entry) => ocsfEventOf(entry, source));
    expect(question).toMatchObject({
      class_uid: 6003,
      activity_name: 'Create',
      status: 'Success',
      time: Date.UTC(2031, 4, 1, 12, 0, 3),
      actor: { user: { name: 'lin', uid: 'chenxi/lin', org: { name: 'chenxi' } } },
      metadata: { uid: 'kitchen.example/log/3', event_code: 'question-submitted', correlation_uid: 'q-1' },
      unmapped: { leaf_index: 3, subject: { touched } },
    });
    expect(refusal).toMatchObject({ status_id: 2, status_code: 'QUESTION_REFUSED', severity_id: 2 });
    expect(stop).toMatchObject({
      class_uid: 6002,
      activity_name: 'Stop',
      actor: { user: { name: 'galley', type_id: 3 } },
    });
    const granted = entryAt(5, 'audit-granted', { auditorMember: 'mingjing', decisions: true, grant: 'g-1' });
    expect(ocsfEventOf(granted, source)).toMatchObject({
      class_uid: 3005,
      user: { uid: 'mingjing' },
      privileges: ['read-log', 'read-decision'],
    });
    const failed = entryAt(
      6,
      'authentication-refused',
      { action: 'read-log', count: 7, reason: 'expired' },
      { actor: null },
    );
    expect(ocsfEventOf(failed, source)).toMatchObject({ class_uid: 3002, count: 7, status_code: 'expired' });
    expect(ocsfLineOf(failed, source)).not.toContain('\n');
  });
});
