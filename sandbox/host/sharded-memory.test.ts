// A question over a hundred million rows must run in the memory of a few million: what a worker has had at its height,
// by the kernel's own count, is the same however many shards there are.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { ShardedColumn, ShardedTable } from '../sharded-jobs.ts';
import { descendantsOf } from '../testkit/processes.ts';
import type { Wall } from '../wall.ts';
import { type ColumnChunk, encodeColumnChunk, MAX_CHUNK_ROWS } from '../wire/column-chunk.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 240_000 };
const TIMEOUT_MS = 300_000;
const CHUNKS_COUNT = 3;
const SHARD_ROWS = CHUNKS_COUNT * MAX_CHUNK_ROWS;
/** As the engine holds a row: the person, a number, a code of one byte. */
const SHARD_BYTES = SHARD_ROWS * 17;
const BYTES_PER_KIB = 1_024;
/** As many as it takes until what a worker frees it also uses again. */
const FEW = 8;
const MANY = 24;

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: 1_024, spareCount: 0 });
});
afterAll(() => wall.close());

const encode = (type: ColumnChunk['type'], values: ColumnChunk['values']) =>
  encodeColumnChunk({ type, rowCount: MAX_CHUNK_ROWS, validity: null, values });
const columns = {
  person: encode(
    { kind: 'person' },
    BigUint64Array.from({ length: MAX_CHUNK_ROWS }, (_, row) => BigInt(row >> 2)),
  ),
  spend: encode(
    { kind: 'integer' },
    BigInt64Array.from({ length: MAX_CHUNK_ROWS }, (_, row) => BigInt(row)),
  ),
  shop: encode(
    { kind: 'code' },
    Uint16Array.from({ length: MAX_CHUNK_ROWS }, (_, row) => row % 3),
  ),
};

/** The height of the largest process below this one so far. */
function peakBytes(): number {
  const heights = descendantsOf(process.pid).map((pid) => {
    try {
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return Math.max(...heights) * BYTES_PER_KIB;
}

async function peakOver(shardCount: number): Promise<number> {
  let peak = 0;
  const chunksOf = (bytes: Uint8Array) =>
    async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < CHUNKS_COUNT; at += 1) yield bytes;
      // While the worker still has most of what it was sent before.
      peak = Math.max(peak, peakBytes());
    };
  const column = (name: keyof typeof columns, kind: 'person' | 'integer'): ShardedColumn => ({
    name,
    type: { kind },
    chunksOf: chunksOf(columns[name]),
  });
  const shop = {
    name: 'shop',
    type: { kind: 'code' as const },
    dictionary: ['a', 'b', 'c'],
    chunksOf: chunksOf(columns.shop),
  };
  const visits: ShardedTable = {
    name: 'visits',
    columns: [column('person', 'person'), column('spend', 'integer'), shop],
    isWhole: false,
  };
  const job = {
    shardCount,
    tables: [visits],
    steps: [
      { into: 'big', sql: 'SELECT * FROM visits WHERE spend % 2 = 0', keeps: 'shard' as const, merge: null },
      {
        into: 'g',
        sql: 'SELECT person % 50000 AS k, shop, count(*) AS n FROM big GROUP BY ALL',
        keeps: 'run' as const,
        merge: 'SELECT k, shop, CAST(sum(n) AS BIGINT) AS n FROM g GROUP BY ALL',
      },
    ],
    sql: 'SELECT sum(n) FROM g',
    parameters: [],
    resultColumns: [{ name: 'n', kind: 'integer' as const }],
    maxRows: 1,
  };
  expect(await wall.runSharded(job, LIMITS)).toEqual([[BigInt((shardCount * SHARD_ROWS) / 2)]]);
  return peak;
}

it(
  'a worker needs no more memory for many shards than for few',
  async () => {
    const [few, many] = [await peakOver(FEW), await peakOver(MANY)];
    // How memory is handed back costs a little; to keep each shard, and what is made of it, would cost three times as much.
    expect(many - few).toBeLessThan(((MANY - FEW) * SHARD_BYTES) / 2);
  },
  TIMEOUT_MS,
);
