// Attack: a member uploads files that lie to the service that ships, one after the other.
// Wall: each is refused by a word that its sender can act on, nothing of it is kept, and the service stays the one that
// was started: it takes the next good file, from the same client.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { arrowBatch, arrowField, arrowSchema, arrowStream, offsets } from '../support/hostile-arrow.ts';
import { oneChunk, plainNumbers, writeHostileParquet } from '../support/hostile-parquet.ts';
import { mailingsCsv } from '../support/service-people.ts';
import { entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone } from '../support/service-standing.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';
import { tally } from '../support/tally.ts';

const { CSV, ARROW, PARQUET } = datasets.FileFormat;
const MIB = 1_048_576;
const NAMES = ['email', 'arm', 'tier'];

let stage: ServiceStage;
let table: Table;
let sentCount = 0;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const text = (name: string) => arrowField({ 0: { text: name }, 2: { int8: 5 }, 3: { table: {} } });
const column = (name: string) =>
  [
    [1, 'i32', 6],
    [3, 'i32', 0],
    [4, 'text', name],
  ] as const;
const columns = NAMES.map(column);
const endlessCommas = async function* (): AsyncGenerator<Buffer> {
  yield Buffer.from('email,arm,tier\n');
  for (let sent = 0; sent < 64; sent += 1) yield Buffer.alloc(MIB, ',');
};
const chunks = NAMES.map((name) => ({
  path: [name],
  type: 6,
  pages: [{ body: plainNumbers(1), unpackedBytes: 2 ** 31 - 1 }],
}));
const overlapping = NAMES.map((name) => ({ path: [name], type: 6, start: 4, pages: [{ body: plainNumbers(1) }] }));
const falling = [offsets(0, 9, 3), Buffer.from('a@b.example')];
const NONE = Buffer.alloc(0);

const hostile: readonly [string, datasets.FileFormat, () => Uint8Array | AsyncIterable<Buffer>, string][] = [
  ['a line of commas without end', CSV, endlessCommas, 'row-too-long'],
  ['a quote that never closes', CSV, () => Buffer.from('email,arm,tier\na@b.example,"mens,1\n'), 'truncated'],
  ['a column twice', CSV, () => Buffer.from('email,arm,tier,Tier\na@b.example,mens,1,2\n'), 'header-mismatch'],
  [
    'pages of two gigabytes',
    PARQUET,
    () => writeHostileParquet({ columns, groups: [{ rows: 1, chunks }] }),
    'part-too-large',
  ],
  [
    'columns at one place',
    PARQUET,
    () => writeHostileParquet({ columns, groups: [{ rows: 1, chunks: overlapping }] }),
    'unreadable',
  ],
  [
    'a footer of four gigabytes',
    PARQUET,
    () => oneChunk(1, [{ body: plainNumbers(1) }], {}, { footerBytes: 0xffff_ffff }),
    'unreadable',
  ],
  ['a file that is encrypted', PARQUET, () => oneChunk(1, [], {}, { endMagic: 'PARE' }), 'not-supported'],
  [
    'offsets of text that fall',
    ARROW,
    () =>
      arrowStream(
        arrowSchema(NAMES.map(text)),
        arrowBatch(2, [NONE, ...falling, NONE, ...falling, NONE, ...falling], {
          nodes: [
            [2, 0],
            [2, 0],
            [2, 0],
          ],
        }),
      ),
    'unreadable',
  ],
  [
    'a body of a thousand gigabytes',
    ARROW,
    () => arrowStream(arrowSchema(NAMES.map(text)), arrowBatch(1, [], { bodyBytes: 1n << 40n })),
    'part-too-large',
  ],
];

describe('a hostile file', () => {
  it.each(hostile)('is refused with what to do, and leaves nothing: %s', async (_, format, make, reason) => {
    const { pid } = stage.service;
    const refusal = await expectNothingDone(stage, table, () =>
      expectRefused(upload(stage, 'brand', table.mailingsId, make(), { format }), 'UPLOAD_REFUSED'),
    );
    sentCount += 1;
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', metadata: { reason } });
    expect(refusal.message).toMatch(/[;,] .+/);
    expect((await entriesOf(stage, 'upload-refused')).at(-1)?.subject).toMatchObject({ reason });
    expect(stage.service.pid).toBe(pid);
  });

  it('kept the service from nothing: it is the one that was started, and takes the next file', async () => {
    const { snapshot } = await upload(stage, 'brand', table.mailingsId, mailingsCsv());
    expect(snapshot.rejectedCount).toBe(0n);
    expect(sentCount).toBe(hostile.length);
    tally('hostileFiles', sentCount);
    tally('serviceCrashes', stage.service.isAlive ? 0 : 1);
    expect(stage.service.isAlive).toBe(true);
  });
});
