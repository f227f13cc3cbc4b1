// Attack: a file that is true in every length and takes all the memory or time there is: pages that are each as large as
// a page may be, in many columns; a dictionary of millions of texts; a sender who never stops.
// Wall: the worker's own limits and the deadline. Its sender is told that the file was too much, not that the service
// failed: nobody else's data was there. A worker that somebody ends from outside says nothing about the file.
import { readdirSync, readFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FileSource, openWall, type Wall } from '../../../sandbox/index.ts';
import { repeatedFile } from '../../../sandbox/testkit/index.ts';
import {
  arrowBatch,
  arrowDictionary,
  arrowField,
  arrowSchema,
  arrowStream,
  offsets,
} from '../../support/hostile-arrow.ts';
import { writeHostileParquet } from '../../support/hostile-parquet.ts';
import { askFor } from '../../support/hostile-suite.ts';
import { tally } from '../../support/tally.ts';
import { sendFile } from '../../support/uploads.ts';

const MIB = 1_048_576;
const COLUMN_COUNT = 24;
const ZSTD = 6;
const ENTRY_COUNT = 4_000_000;
const ENTRY_BYTES = 12;
const LATE_MS = 2_000;
const LONG_MS = 240_000;

const integers = askFor({ kind: 'integer' });
const refused = { end: 'refused', reason: 'needs-too-much' };
const clean = Buffer.from('n\n1\n');

let wall: Wall;
let sentCount = 0;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: 128, spareCount: 1, engine: 'cold' });
});
afterAll(() => wall.close());

async function expectClean(): Promise<void> {
  const end = await sendFile(wall, { format: 'csv', columns: integers, file: clean });
  expect(end).toMatchObject({ end: 'taken', rows: 1 });
  sentCount += 1;
}

/** One row in each of many columns, in pages of 120 MiB. */
function largePages(): Buffer {
  const unpackedBytes = 120 * MIB;
  const body = zstdCompressSync(Buffer.alloc(unpackedBytes));
  const names = Array.from({ length: COLUMN_COUNT }, (_, index) => `c${index}`);
  return writeHostileParquet({
    columns: names.map((name) => [
      [1, 'i32', 2],
      [3, 'i32', 0],
      [4, 'text', name],
    ]),
    groups: [
      {
        rows: 2,
        chunks: names.map((name) => ({ path: [name], codec: ZSTD, pages: [{ body, unpackedBytes, values: 2 }] })),
      },
    ],
  });
}

function largeDictionary(): Buffer {
  const encoded = arrowField({ 2: { int8: 5 }, 3: { table: {} }, 4: { table: { 0: { int64: 1n } } } });
  const places = Int32Array.from({ length: ENTRY_COUNT + 1 }, (_, index) => index * ENTRY_BYTES);
  const entries = [Buffer.alloc(0), Buffer.from(places.buffer), Buffer.alloc(ENTRY_COUNT * ENTRY_BYTES, 'entry ')];
  const batch = arrowBatch(1, [Buffer.alloc(0), offsets(7)]);
  return arrowStream(arrowSchema([encoded]), arrowDictionary(1n, ENTRY_COUNT, entries), batch);
}

const endless = repeatedFile('n\n', Buffer.alloc(MIB / 16, '1\n'), MIB);

/** The wrappers of the workers that this process has started, from outside of their walls. */
function wrappers(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const [, parent] = /^\d+ \(bwrap\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      return Number(parent) === process.pid ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

describe('an upload that needs too much', () => {
  it(
    'is told so when its pages fill the memory',
    async () => {
      const columns = Array.from({ length: COLUMN_COUNT }, (_, index) =>
        askFor({ kind: 'integer' }, `c${index}`),
      ).flat();
      expect(await sendFile(wall, { format: 'parquet', columns, file: largePages() })).toEqual(refused);
      await expectClean();
    },
    LONG_MS,
  );

  it(
    'is told so when its texts end the worker',
    async () => {
      const columns = askFor({ kind: 'text' });
      expect(await sendFile(wall, { format: 'arrow', columns, file: largeDictionary() })).toEqual(refused);
      await expectClean();
    },
    LONG_MS,
  );

  it('is told so when its time is over', async () => {
    const end = await sendFile(wall, { format: 'csv', columns: integers, file: endless, deadlineMs: LATE_MS });
    expect(end).toEqual(refused);
    await expectClean();
  });

  it('is not told so when somebody ends its worker from outside', async () => {
    const killed: number[] = [];
    const killing: FileSource = {
      byteCount: endless.byteCount,
      async *read(from) {
        let partCount = 0;
        for await (const part of endless.read(from)) {
          if (partCount === 1) killed.push(...wrappers());
          if (partCount === 1) for (const pid of killed) process.kill(pid, 'SIGKILL');
          partCount += 1;
          yield part;
        }
      },
    };
    const end = await sendFile(wall, { format: 'csv', columns: integers, file: killing });
    expect(end).toEqual({ end: 'failed', what: 'RUN_FAILED' });
    // The spare was killed too: the wall replaces it once its death has been told, and takes it for alive until then.
    await vi.waitFor(
      () => {
        const now = wrappers();
        expect(now.filter((pid) => killed.includes(pid))).toEqual([]);
        expect(now).not.toEqual([]);
      },
      { timeout: LONG_MS },
    );
    await expectClean();
    tally('hostileFiles', sentCount);
  });
});
