// A worker that has been taken over cannot get out, so it lies: it answers with what nobody asked for, as much as it
// likes, in whatever form, to carry rows in an error, to fill the service's memory, or to have it fall over a number.
//
// The wall: the output gate. Whatever a worker says, the host makes of it a value of the declared shape or the one
// failure; and what it keeps meanwhile is bounded.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { IngestJob, RunJob, Wall } from '../../../sandbox/index.ts';
import {
  chunkOfCells,
  decodeWorkerMessage,
  encodeColumnChunk,
  fileOf,
  jobOf,
  maxWorkerFrameBytes,
  readFrames,
  type WorkerMessage,
  yieldAll,
} from '../../../sandbox/testkit/index.ts';
import { runSeed } from '../../support/effort.ts';
import { tally } from '../../support/tally.ts';
import { done, fateOf, frame, READY, raw, said } from '../../support/wall/liars.ts';
import { report } from '../../support/wall/report.ts';

const IS_LONG = process.env.GALLEY_LONG === '1';
const MUTATED_RUNS = IS_LONG ? 2_000 : 60;
const TIMEOUT_MS = IS_LONG ? 1_200_000 : 120_000;
/** A flood is cut at the deadline; long enough to fill a memory that nobody watches. */
const FLOOD_MS = 3_000;
const LIMITS = { deadlineMs: 20_000 };
const MAX_ROWS_COUNT = 3;
const MIB = 1_048_576;
/** What the host may keep of a flood: the largest result there may be, and the frame that is being read. */
const KEPT_BYTES = 512 * MIB;

let crashCount = 0;
const onCrash = () => {
  crashCount += 1;
};
process.on('uncaughtExceptionMonitor', onCrash);
process.on('unhandledRejection', onCrash);
afterAll(() => {
  process.off('uncaughtExceptionMonitor', onCrash);
  process.off('unhandledRejection', onCrash);
  tally('serviceCrashes', crashCount);
});

const job: RunJob = { ...jobOf('select 1', ['text', 'integer']), maxRows: MAX_ROWS_COUNT };

const texts = (...cells: (string | null)[]): WorkerMessage => ({
  kind: 'chunk',
  column: 0,
  bytes: encodeColumnChunk(chunkOfCells({ kind: 'text' }, cells)),
});
const integers = (...cells: (bigint | null)[]): WorkerMessage => ({
  kind: 'chunk',
  column: 1,
  bytes: encodeColumnChunk(chunkOfCells({ kind: 'integer' }, cells)),
});
const honest = said(READY, texts('a', 'b'), integers(1n, 2n), done(2));

const run = (wall: Wall) => wall.run(job, LIMITS);

/** Says whether the frames alone would have let the answer in: then the gate is what stopped it. */
async function passesAsFrames(answer: Uint8Array): Promise<boolean> {
  try {
    for await (const one of readFrames(yieldAll(answer), maxWorkerFrameBytes)) decodeWorkerMessage(one);
    return true;
  } catch {
    return false;
  }
}

const lies: readonly (readonly [string, Uint8Array])[] = [
  ['says nothing and ends', new Uint8Array(0)],
  ['ends before it is ready', said(READY).subarray(0, 3)],
  ['ends in the middle of a frame', honest.subarray(0, honest.length - 5)],
  ['ends before its last message', said(READY, texts('a'), integers(1n))],
  ['promises four gigabytes', Buffer.concat([said(READY), frame(4, new Uint8Array(8), 0xffffffff)])],
  [
    'promises a little more than a chunk may have',
    Buffer.concat([said(READY), frame(4, new Uint8Array(8), 33_554_437)]),
  ],
  ['speaks a kind that there is not', Buffer.concat([said(READY), frame(10, new Uint8Array(0))])],
  ['speaks in another job’s words', said(READY, { kind: 'tokens', bytes: Buffer.from('secret') }, done(0))],
  ['gives a tree in place of rows', said(READY, { kind: 'tree', text: '{}' })],
  ['gives columns that nobody asked it for', said(READY, { kind: 'columns', columns: [] }, done(0))],
  ['gives another type than was declared', said(READY, { ...integers(1n), column: 0 } as WorkerMessage, done(1))],
  [
    'gives a column more',
    said(READY, texts('a'), integers(1n), { ...integers(1n), column: 2 } as WorkerMessage, done(1)),
  ],
  ['gives a column less', said(READY, texts('a'), done(1))],
  ['gives columns in another order', said(READY, integers(1n), texts('a'), done(1))],
  ['gives columns of different lengths', said(READY, texts('a', 'b'), integers(1n), done(2))],
  ['gives more rows than allowed', said(READY, texts('a', 'b', 'c', 'd'), integers(1n, 2n, 3n, 4n), done(4))],
  ['says that it gave more rows than it did', said(READY, texts('a'), integers(1n), done(2))],
  ['counts backwards', Buffer.concat([said(READY), raw('done', { rows: -1, rejected: 0 })])],
  ['counts in fractions', Buffer.concat([said(READY), raw('done', { rows: 0.5, rejected: 0 })])],
  ['counts beyond all numbers', Buffer.concat([said(READY), raw('done', '{"rows":1e999,"rejected":0}')])],
  ['counts in words', Buffer.concat([said(READY), raw('done', { rows: 'NaN', rejected: 0 })])],
  ['gives no fields at all', Buffer.concat([said(READY), raw('done', null as never)])],
  ['writes what is no UTF-8', Buffer.concat([said(READY), frame(9, Buffer.from([0xff, 0xfe, 0xc0]))])],
  ['writes JSON that nests without end', Buffer.concat([said(READY), raw('done', '['.repeat(500_000))])],
  ['puts a row into its code', Buffer.concat([said(READY), raw('failed', { code: 'ana@example.com', reason: null })])],
  [
    'puts a row into its reason',
    Buffer.concat([said(READY), raw('failed', { code: 'RUN_FAILED', reason: 'ana@x.com' })]),
  ],
  ['fails with a reason of another job', said(READY, { kind: 'failed', code: 'INPUT_REFUSED', reason: 'encoding' })],
  ['fails with a code of another job', said(READY, { kind: 'failed', code: 'INPUT_REFUSED', reason: null })],
  ['gives bytes that are no chunk', said(READY, { kind: 'chunk', column: 0, bytes: Buffer.from('Could not convert') })],
  ['is ready twice', said(READY, READY, texts('a'), integers(1n), done(1))],
];

describe('a worker that lies', () => {
  it('would be believed if it did not', async () => {
    const rows = [
      ['a', 1n],
      ['b', 2n],
    ];
    expect(await fateOf(honest, 'ends', run)).toEqual(rows);
    expect(await fateOf(honest, 'stays', run)).toEqual(rows);
  });

  it.each(lies)('is not believed when it %s', async (name, answer) => {
    const fate = await fateOf(answer, 'ends', run);
    const stoppedBy = (await passesAsFrames(answer)) ? 'output gate alone' : 'output gate: frames';
    report({ category: 'lying worker', attack: name, isEscape: fate !== 'RUN_FAILED', stoppedBy });
    expect(fate).toBe('RUN_FAILED');
  });

  it('gives one text so often that nobody could write it out, and is not believed', async () => {
    const count = 60_000;
    const dictionary = {
      offsets: Uint32Array.of(0, 65_536),
      bytes: Buffer.alloc(65_536, 'x'),
      indices: new Uint16Array(count),
    };
    const repeated = { type: { kind: 'text' }, rowCount: count, validity: null, values: dictionary } as const;
    const numbers = Array.from({ length: count }, () => 1n);
    const answer = said(
      READY,
      { kind: 'chunk', column: 0, bytes: encodeColumnChunk(repeated) },
      integers(...numbers),
      done(count),
    );
    const fate = await fateOf(answer, 'ends', (wall) => wall.run({ ...job, maxRows: count }, LIMITS));
    report({
      category: 'lying worker',
      attack: 'gives a text of a few bytes that is gigabytes written out',
      isEscape: fate !== 'RUN_FAILED',
      stoppedBy: 'output gate alone',
    });
    expect(fate).toBe('RUN_FAILED');
  });
});

const upload: IngestJob = { layout: { format: 'csv' }, columns: [], maxRejects: 9, sortKey: Buffer.alloc(32) };

const floods: readonly (readonly [string, Uint8Array, (wall: Wall) => Promise<unknown>])[] = [
  ['of empty chunks', said(texts(), integers()), (wall) => wall.run(job, { deadlineMs: FLOOD_MS })],
  ['of readiness', said(READY), (wall) => wall.run(job, { deadlineMs: FLOOD_MS })],
  [
    'of progress',
    said({ kind: 'progress', rows: 0, bytes: 0 }),
    (wall) => dropAll(wall.ingest(upload, fileOf(''), { deadlineMs: FLOOD_MS })),
  ],
];

async function dropAll(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}

describe('a worker that floods', () => {
  it.each(floods)(
    'ends at the deadline with a flood %s, and the host has not grown by it',
    async (name, answer, ask) => {
      const before = process.memoryUsage().rss;
      const fate = await fateOf(Buffer.concat([said(READY), answer]), { repeatsAfterBytes: said(READY).length }, ask);
      const grownBytes = process.memoryUsage().rss - before;
      report({
        category: 'lying worker',
        attack: `floods the host with a flood ${name}`,
        isEscape: fate !== 'RUN_FAILED' || grownBytes > KEPT_BYTES,
        stoppedBy: 'output gate and deadline',
      });
      expect(fate).toBe('RUN_FAILED');
      expect(grownBytes).toBeLessThan(KEPT_BYTES);
    },
  );
});

/** Bytes of an honest conversation, changed here and there. */
const mutated = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), value: fc.integer({ min: 1, max: 32 }) }),
      fc.record({ kind: fc.constant('copy' as const), at: fc.nat(), value: fc.integer({ min: 1, max: 64 }) }),
      fc.record({ kind: fc.constant('grow' as const), at: fc.nat(), value: fc.integer({ min: 1, max: 255 }) }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((changes) => changes.reduce(changed, [...honest]));

function changed(bytes: number[], { kind, at, value }: { kind: string; at: number; value: number }): number[] {
  const place = at % Math.max(bytes.length, 1);
  if (kind === 'set') return bytes.with(place, value);
  if (kind === 'cut') return bytes.toSpliced(place, value);
  if (kind === 'copy') return bytes.toSpliced(place, 0, ...bytes.slice(place, place + value));
  return bytes.toSpliced(place, 0, ...Array.from({ length: value }, () => value));
}

function isDeclaredShape(rows: unknown): boolean {
  return (
    Array.isArray(rows) &&
    rows.length <= MAX_ROWS_COUNT &&
    rows.every(
      ([text, number, ...more]: unknown[]) =>
        more.length === 0 &&
        (text === null || typeof text === 'string') &&
        (number === null || (typeof number === 'bigint' && BigInt.asIntN(64, number) === number)),
    )
  );
}

describe('any answer at all', () => {
  it(
    'is a value of the declared shape, or the one failure',
    async () => {
      const attempt = async (bytes: number[]) => {
        const fate = await fateOf(Uint8Array.from(bytes), 'ends', run);
        return fate === 'RUN_FAILED' || isDeclaredShape(fate);
      };
      await fc.assert(
        fc.asyncProperty(mutated, async (bytes) => {
          const isSafe = await attempt(bytes);
          if (!isSafe)
            report({ category: 'lying worker', attack: 'a mutated answer', isEscape: true, stoppedBy: 'nothing' });
          return isSafe;
        }),
        { numRuns: MUTATED_RUNS, seed: runSeed },
      );
      report({
        category: 'lying worker',
        attack: `${MUTATED_RUNS} mutated answers`,
        isEscape: false,
        stoppedBy: 'output gate',
      });
    },
    TIMEOUT_MS,
  );
});
