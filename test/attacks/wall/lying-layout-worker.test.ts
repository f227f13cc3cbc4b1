// A worker that derives tables and has been taken over lies about what will be stored: it brings a person of another
// shard, to have it counted there once more; the same person in two places; a code that is an address beyond the texts
// of a dictionary; more rows than there are, to fill the disk; or blocks that do not fit together, for whoever reads them.
//
// The wall: the gate of derived tables. What comes through is of its shard's persons, in order, of its types and
// dictionaries, and within its rows. That the values are right it cannot know: see docs/decisions/0040.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { DeriveEvent, DeriveJob, ShardedRunJob } from '../../../sandbox/index.ts';
import {
  cellsOf,
  chunkOfCells,
  encodeColumnChunk,
  takeAll,
  type WorkerMessage,
} from '../../../sandbox/testkit/index.ts';
import { done, fateOf, frame, READY, raw, said } from '../../support/wall/liars.ts';
import { report } from '../../support/wall/report.ts';

const LIMITS = { deadlineMs: 20_000 };
const RUNS_COUNT = process.env.GALLEY_LONG === '1' ? 400 : 25;
const TIMEOUT_MS = 120_000;
const HALF = 1n << 63n;

const job: DeriveJob = {
  tables: [],
  salt: 1n,
  shards: [
    { first: 10n, last: HALF - 1n },
    { first: HALF, last: HALF + 9n },
  ],
  outputs: [
    {
      sql: 'SELECT person, shop FROM visits',
      columns: [
        { name: 'shop', type: { kind: 'code' }, dictionary: ['a', 'b'] },
        { name: 'person', type: { kind: 'person' } },
      ],
      maxRows: 4,
    },
    { sql: 'SELECT person FROM visits', columns: [{ name: 'person', type: { kind: 'person' } }], maxRows: 9 },
  ],
};

type Kind = 'code' | 'person' | 'rank' | 'integer';
const chunk = (column: number, kind: Kind, ...cells: (bigint | null)[]): WorkerMessage => ({
  kind: 'chunk',
  column,
  bytes: encodeColumnChunk(chunkOfCells({ kind }, cells)),
});
const codes = (...cells: (bigint | null)[]) => chunk(0, 'code', ...cells);
const persons = (...cells: (bigint | null)[]) => chunk(1, 'person', ...cells);
const part = (rows: number): WorkerMessage => ({ kind: 'part', rows });
const nobody = [part(0), part(0), part(0), part(0), done(0)];
/** After two rows in the first part. */
const rest = [part(0), part(0), part(0), done(2)];

const honest = [codes(0n, null), persons(10n, 10n), part(2), chunk(0, 'person', 11n), part(1), ...[part(0), part(0)]];
const derive = (answer: Uint8Array) => fateOf(answer, 'ends', (wall) => takeAll(wall.derive(job, LIMITS)));

const lies: readonly (readonly [string, readonly WorkerMessage[]])[] = [
  ['brings a person of the next shard', [codes(0n, 1n), persons(10n, HALF), part(2), ...rest]],
  ['brings a person of no shard', [codes(0n, 1n), persons(9n, 10n), part(2), ...rest]],
  ['brings a person of the shard before', [part(0), part(0), codes(0n), persons(10n), part(1), part(0), done(1)]],
  ['brings persons in no order', [codes(0n, 1n), persons(12n, 11n), part(2), ...rest]],
  [
    'brings persons in no order from block to block',
    [codes(0n), persons(12n), codes(0n), persons(11n), part(2), ...rest],
  ],
  ['hides the order in the upper half', [codes(0n, 1n), persons((1n << 33n) + 1n, (1n << 32n) + 2n), part(2), ...rest]],
  ['brings a row of nobody', [codes(0n, 1n), persons(10n, null), part(2), ...rest]],
  ['names a text beyond its dictionary', [codes(2n, 1n), persons(10n, 10n), part(2), ...rest]],
  ['brings more rows than there are', [codes(0n, 0n, 0n, 0n, 0n), persons(10n, 10n, 10n, 10n, 10n), part(5)]],
  [
    'brings more rows than there are, shard by shard',
    [
      ...[codes(0n, 0n), persons(10n, 10n), codes(0n), persons(10n), part(3), part(0)],
      ...[codes(0n, 0n), persons(HALF, HALF), part(2), part(0), done(5)],
    ],
  ],
  ['brings a column less', [codes(0n, 1n), part(2), ...rest]],
  ['brings a column twice', [codes(0n), codes(0n), persons(10n), part(1), ...rest]],
  ['brings columns in another order', [persons(10n), codes(0n), part(1), ...rest]],
  ['brings columns of different lengths', [codes(0n, 1n), persons(10n), part(1), ...rest]],
  ['brings another type', [chunk(0, 'rank', 0n), persons(10n), part(1), ...rest]],
  ['brings a column that nobody asked for', [codes(0n), persons(10n), chunk(2, 'integer', 1n), part(1), ...rest]],
  ['brings empty blocks', [codes(), persons(), part(0), ...nobody.slice(1)]],
  ['says that a part has more rows than it brought', [codes(0n), persons(10n), part(2), ...rest]],
  ['says in the end that there were more rows', [...honest, done(4)]],
  ['ends before the last shard', [part(0), part(0), part(0), done(0)]],
  ['goes on after the last shard', [...nobody.slice(0, 4), part(0), done(0)]],
  ['brings rows after the last shard', [...nobody.slice(0, 4), codes(0n), persons(10n), part(1), done(1)]],
  ['leaves out a part', [part(0), done(0)]],
  ['gives rows of a question', [{ kind: 'columns', columns: [] }, ...nobody]],
  ['gives a tree in place of a table', [{ kind: 'tree', text: '{}' }]],
];

describe('a worker that derives tables and lies', () => {
  it('would be believed if it did not', async () => {
    const events = (await derive(said(READY, ...honest, done(3)))) as DeriveEvent[];
    expect(events.filter(({ kind }) => kind === 'part').map(({ shard, output }) => [shard, output])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(events.filter(({ kind }) => kind === 'chunk')).toHaveLength(3);
  });

  it.each(lies)('is not believed when it %s', async (name, messages) => {
    const fate = await derive(said(READY, ...messages));
    report({ category: 'lying worker', attack: name, isEscape: fate !== 'RUN_FAILED', stoppedBy: 'output gate alone' });
    expect(fate).toBe('RUN_FAILED');
  });

  it.each([
    ['counts in fractions', raw('part', { rows: 0.5 })],
    ['counts backwards', raw('part', { rows: -1 })],
    ['puts a row into its count', raw('part', { rows: 'ana@example.com' })],
    ['brings bytes that are no chunk', frame(4, Buffer.from('\0\0\0\0Could not convert'))],
  ])('is not believed when it %s', async (_, message) => {
    expect(await derive(Buffer.concat([said(READY), message]))).toBe('RUN_FAILED');
  });

  const cases = fc.record({
    blocksOfShards: fc.tuple(
      partOf(fc.bigInt({ min: 9n, max: 12n })),
      partOf(fc.bigInt({ min: HALF - 1n, max: HALF + 3n })),
    ),
    isSorted: fc.boolean(),
  });

  it('brings nothing but rows of its shard and dictionary, whatever it says', { timeout: TIMEOUT_MS }, async () => {
    let believed = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ blocksOfShards, isSorted }) => {
        const shards = blocksOfShards.map((rows) => (isSorted ? rows.toSorted((a, b) => Number(a[1] - b[1])) : rows));
        const messages = shards.flatMap((rows) => [
          ...rows.flatMap(([code, person]) => [codes(code), persons(person)]),
          ...[part(rows.length), part(0)],
        ]);
        const fate = await derive(said(READY, ...messages, done(shards.flat().length)));
        if (fate === 'RUN_FAILED') return;
        believed += 1;
        expectWithin(fate as DeriveEvent[]);
      }),
      { numRuns: RUNS_COUNT },
    );
    expect(believed).toBeGreaterThan(0);
  });
});

function partOf(person: fc.Arbitrary<bigint>): fc.Arbitrary<[bigint, bigint][]> {
  const code = fc.oneof(
    { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 1n }) },
    { weight: 1, arbitrary: fc.constant(2n) },
  );
  return fc.array(fc.tuple(code, person), { maxLength: 3 });
}

function expectWithin(events: readonly DeriveEvent[]): void {
  const last = [0n, 0n];
  for (const event of events) {
    if (event.kind === 'part') continue;
    const span = job.shards[event.shard];
    for (const cell of cellsOf(event.bytes) as bigint[]) {
      if (event.column === 0) expect(cell).toBeLessThan(2n);
      else {
        const isAfter = cell >= (last[event.shard] as bigint);
        expect(isAfter && span !== undefined && cell >= span.first && cell <= span.last).toBe(true);
        last[event.shard] = cell;
      }
    }
  }
}

describe('a worker of a sharded question that lies', () => {
  const question: ShardedRunJob = {
    shardCount: 2,
    tables: [],
    steps: [],
    sql: 'SELECT 1',
    parameters: [],
    resultColumns: [{ name: 'n', kind: 'integer' }],
    maxRows: 1,
  };
  const number = (...cells: bigint[]) => chunk(0, 'integer', ...cells);

  it.each([
    ['speaks of parts of a table', [part(1), number(1n), done(1)]],
    ['answers for each shard', [number(1n), done(1), number(1n), done(1)].slice(1)],
    ['answers more rows than allowed', [number(1n, 2n), done(2)]],
    ['answers a code', [codes(1n), done(1)]],
    ['answers a rank', [chunk(0, 'rank', 1n), done(1)]],
  ] as const)('is not believed when it %s', async (_, messages) => {
    const fate = await fateOf(said(READY, ...messages), 'ends', (wall) => wall.runSharded(question, LIMITS));
    expect(fate).toBe('RUN_FAILED');
  });
});
