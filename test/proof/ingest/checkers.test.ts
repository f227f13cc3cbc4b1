// A check that cannot fail shows nothing: each of those that `npm run verify:ingest` rests on is given what it looks for.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { entriesOf } from '../../support/service-questions.ts';
import { mailingsRules } from '../../support/service-rules.ts';
import { agree, upload } from '../../support/service-table.ts';
import { findErasedPersons } from './erased-persons.ts';
import { IdentifierSearch, needlesOf } from './found-identifiers.ts';
import { IngestStage } from './ingest-stage.ts';
import { findLogFaults } from './log-faults.ts';
import { digestOf, identifiersOf, personOf } from './people.ts';
import { FORMS, fileOf, formatOf, peopleSchema } from './people-files.ts';
import { readStoredData } from './stored-data.ts';

const marker = `zq${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const people = Array.from({ length: 500 }, (_, person) => personOf(marker, person));
const needles = needlesOf(marker, people.slice(0, 20));
const brought = FORMS;
/** A start and four uploads on a machine that has other work. */
const MAX_SETUP_MS = 300_000;
const undo: (() => void)[] = [];
let stage: IngestStage;
let directory: string;
let partFile: string;
let originalFile: string;

beforeAll(async () => {
  stage = await IngestStage.open();
  directory = stage.stage.dataDirectory;
  const columns = peopleSchema();
  const request = { displayName: 'people', columns, requestId: randomUUID(), synthetic: true };
  const { datasetId } = await stage.stage.as('brand').datasets.create(request);
  const collaborationId = await agree(stage.stage);
  const rulesJson = mailingsRules({ groupKeys: { city: {} }, filters: [], audience: null });
  await stage.stage.as('brand').collaborations.bind({ collaborationId, datasetId, alias: 'people', rulesJson });
  for (const form of brought) {
    await upload(stage.stage, 'brand', datasetId, await fileOf(form, people), { format: formatOf(form) });
  }
  partFile = firstFileOf('parts');
  originalFile = firstFileOf('originals');
}, MAX_SETUP_MS);

afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

afterAll(() => stage[Symbol.asyncDispose]());

function firstFileOf(kind: string): string {
  const folder = join(directory, kind);
  const [id = ''] = readdirSync(folder);
  const [name = ''] = readdirSync(join(folder, id)).toSorted();
  return join(folder, id, name);
}

/** Changes a file until the end of the test. */
function spoil(path: string, change: (bytes: Buffer) => Buffer): void {
  const before = readFileSync(path);
  undo.push(() => writeFileSync(path, before));
  writeFileSync(path, change(Buffer.from(before)));
}

/** Puts a file somewhere until the end of the test. */
function plant(path: string, bytes: string | Buffer): void {
  undo.push(() => rmSync(path));
  writeFileSync(path, bytes);
}

/** Changes the store until the end of the test. */
function alter(sql: string, back: string): void {
  const run = (statement: string): void => {
    const db = new DatabaseSync(join(directory, 'control.sqlite'));
    db.exec('pragma foreign_keys = off');
    db.exec(statement);
    db.close();
  };
  undo.push(() => run(back));
  run(sql);
}

const flipped = (bytes: Buffer): Buffer => {
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes;
};

describe('what the service makes of four files', () => {
  it('is whole, leaks nothing, agrees with the log and names nobody in the clear', async () => {
    expect(await stage.look()).toEqual({ torn: [], leaks: [], logFaults: [] });
    expect(new IdentifierSearch(needles).find(stage.searched)).toEqual([]);
    const { rows } = await readStoredData(directory);
    expect(rows('parts').map(({ row_count: rowCount }) => rowCount)).toEqual(brought.map(() => people.length));
  });
});

describe('a snapshot counts as torn', () => {
  it('when one bit of a column is another', async () => {
    spoil(partFile, flipped);
    expect((await stage.look()).torn).toMatchObject([expect.stringMatching(/does not open/)]);
  });

  it('when one bit of the original is another', async () => {
    spoil(originalFile, flipped);
    expect((await stage.look()).torn).toMatchObject([expect.stringMatching(/does not open/)]);
  });

  it('when a column is cut short, or is that of another part', async () => {
    spoil(partFile, (bytes) => bytes.subarray(0, bytes.length - 1));
    expect((await stage.look()).torn).toHaveLength(1);
    const [, other = ''] = readdirSync(join(directory, 'parts'));
    writeFileSync(partFile, readFileSync(join(directory, 'parts', other, 'column-0.sealed')));
    expect((await stage.look()).torn).toHaveLength(1);
  });

  it('when it says another number of rows or chunks, or names a part that is not there', async () => {
    for (const field of ['row_count', 'chunk_count']) {
      const where = `where rowid = (select min(rowid) from parts)`;
      alter(`update parts set ${field} = ${field} + 1 ${where}`, `update parts set ${field} = ${field} - 1 ${where}`);
      expect((await stage.look()).torn).toHaveLength(1);
      undo.pop()?.();
    }
    const where = 'where rowid = (select min(rowid) from snapshot_parts)';
    alter(
      `update snapshot_parts set part_id = part_id || 'x' ${where}`,
      `update snapshot_parts set part_id = rtrim(part_id, 'x') ${where}`,
    );
    expect((await stage.look()).torn).toMatchObject([expect.stringMatching(/is not in the store/)]);
  });
});

describe('a leak is', () => {
  it.each(['originals/up_0/0.sealed', 'parts/part_0/column-0.sealed', 'persons/col_0/x.sealed', 'staging/half', 'x'])(
    'a file that nothing names: %s',
    async (path) => {
      const folder = join(directory, path, '..');
      mkdirSync(folder, { recursive: true });
      if (path.includes('/')) undo.push(() => rmSync(folder, { recursive: true }));
      plant(join(directory, path), 'twelve bytes');
      expect((await stage.look()).leaks).toEqual([{ path, bytes: 12 }]);
      undo.pop()?.();
      if (path.split('/').length > 2) expect((await stage.look()).leaks).toMatchObject([{ bytes: 0 }]);
    },
  );

  it('half a file beside a whole one, and one column too many', async () => {
    plant(`${partFile}.part`, 'x');
    plant(join(partFile, '..', 'column-77.sealed'), 'xy');
    expect((await stage.look()).leaks.map(({ bytes }) => bytes).toSorted()).toEqual([1, 2]);
  });

  it('all of a part that no snapshot names, though the store has it', async () => {
    const row = `(select rowid from snapshot_parts order by rowid limit 1)`;
    const rows = (await readStoredData(directory)).rows('snapshot_parts');
    const [first] = rows;
    alter(
      `delete from snapshot_parts where rowid = ${row}`,
      `insert into snapshot_parts values ('${first?.snapshot_id}', 0, '${first?.part_id}')`,
    );
    const { leaks, torn } = await stage.look();
    expect(leaks.length).toBeGreaterThan(peopleSchema().length);
    expect(torn).toHaveLength(1);
  });

  it('what is left in the temporary folder', async () => {
    plant(join(stage.temporary, 'left'), 'abc');
    expect((await stage.look()).leaks).toEqual([{ path: 'left', bytes: 3 }]);
  });
});

describe('log and store disagree', () => {
  it('when a snapshot is gone without an erasure, or is there without an entry', async () => {
    const data = await readStoredData(directory);
    const entries = await entriesOf(stage.stage);
    expect(findLogFaults(data, entries)).toEqual([]);
    const last = entries.findLast(({ kind }) => kind === 'snapshot-published');
    expect(
      findLogFaults(
        data,
        entries.filter((entry) => entry !== last),
      ),
    ).toHaveLength(1);
    const without = { ...data, rows: (table: string) => data.rows(table).slice(table === 'snapshots' ? 1 : 0) };
    expect(findLogFaults(without, entries)).toHaveLength(1);
    const erased = { ...entries[0], kind: 'dataset-erased', leafIndex: 1_000, subject: last?.subject ?? {} };
    expect(findLogFaults(without, [...entries, erased as (typeof entries)[number]])).toEqual([]);
  });

  it('when the entry tells of other digests', async () => {
    const data = await readStoredData(directory);
    const entries = (await entriesOf(stage.stage)).map((entry) =>
      entry.kind === 'snapshot-published' ? { ...entry, subject: { ...entry.subject, columns: {} } } : entry,
    );
    expect(findLogFaults(data, entries)).toHaveLength(brought.length);
  });
});

describe('a person who was erased', () => {
  it('is found in every original and column, and in the persons of a collaboration, as long as they are there', async () => {
    const data = await readStoredData(directory);
    const there = await findErasedPersons(data, people.slice(3, 5));
    expect(there.filter((place) => place.includes('original'))).toHaveLength(brought.length);
    expect(there.filter((place) => place.includes('column'))).toHaveLength(3 * brought.length);
    expect(there.filter((place) => place.includes('nodes')).length).toBeGreaterThan(0);
    expect(await findErasedPersons(data, [personOf(marker, 7_777)])).toEqual([]);
  });
});

describe('an identifier is found', () => {
  const [person = personOf(marker, 0)] = people;
  const [[, email]] = identifiersOf(person) as [readonly [string, string]];
  const digest = digestOf(email);
  const forms: Readonly<Record<string, string | Buffer>> = {
    'as written': `"${person.email}"`,
    'as normalised': `x${email}y`,
    'a telephone number': `{"p":"${person.phone}"}`,
    'in utf-16': Buffer.from(`a ${email}`, 'utf16le'),
    'in hex': Buffer.from(`a ${email}`).toString('hex'),
    'in base64 at any place': Buffer.from(`ab ${email}, and more`).toString('base64'),
    'by its digest': Buffer.concat([Buffer.from([7]), digest]),
    'by its digest in hex': digest.toString('hex'),
    'by its digest in base64': digest.toString('base64'),
    'of somebody who was not looked for by name': personOf(marker, 499).email,
  };

  it.each(Object.keys(forms))('%s', (form) => {
    const path = join(stage.temporary, 'planted');
    plant(path, forms[form] ?? '');
    const found = new IdentifierSearch(needles).find(stage.searched);
    expect(new Set(found.map((f) => f.path))).toEqual(new Set([path]));
  });

  it('in a file that was clean when it was last looked into', () => {
    const search = new IdentifierSearch(needles);
    const path = join(stage.temporary, 'planted');
    plant(path, 'nothing');
    expect(search.find(stage.searched)).toEqual([]);
    writeFileSync(path, email);
    expect(search.find(stage.searched)).not.toEqual([]);
  });
});
