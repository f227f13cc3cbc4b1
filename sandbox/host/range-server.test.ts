import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fileOf, repeatedFile } from '../testkit/files.ts';
import type { FileSource } from '../wall.ts';
import { type FileRange, MAX_WAITING_WANTS_COUNT, MAX_WANTED_BYTES } from '../wire/messages.ts';
import { RangeServer } from './range-server.ts';

const FAILED = expect.objectContaining({ code: 'RUN_FAILED' });
const TOO_MUCH = expect.objectContaining({ code: 'INPUT_REFUSED', reason: 'needs-too-much' });
const SEGMENT_BYTES = 8_388_608;

/** A file whose parts are sealed segments, and how many have been opened. */
function sealedFile(segmentCount: number): FileSource & { openedCount: number } {
  const segment = Buffer.alloc(SEGMENT_BYTES, 'x');
  const file = {
    openedCount: 0,
    byteCount: segmentCount * SEGMENT_BYTES,
    async *read(from: number) {
      for (let at = from; at < file.byteCount; at += SEGMENT_BYTES - (at % SEGMENT_BYTES)) {
        file.openedCount += 1;
        yield segment.subarray(at % SEGMENT_BYTES);
      }
    },
  };
  return file;
}

/** What a worker gets that wants these ranges one after the other. */
async function served(file: FileSource, ranges: readonly FileRange[]): Promise<Buffer> {
  const server = new RangeServer(file);
  const parts: Uint8Array[] = [];
  let next = 0;
  let missing = 0;
  const wantNext = (): void => {
    const range = ranges[next];
    next += 1;
    if (range === undefined) {
      server.close();
      return;
    }
    missing = range.to - range.from;
    server.want(range);
  };
  wantNext();
  for await (const message of server.answers()) {
    if (message.kind !== 'bytes') continue;
    parts.push(message.bytes);
    missing -= message.bytes.byteLength;
    if (missing === 0) wantNext();
  }
  return Buffer.concat(parts);
}

describe('the ranges of a file', () => {
  it('are its bytes, in whatever order they are wanted', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
        fc.integer({ min: 1, max: 700 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }),
        async (bytes, partBytes, places) => {
          const ranges = places.map(([place, length]) => {
            const from = place % bytes.byteLength;
            return { from, to: from + 1 + (length % (bytes.byteLength - from)) };
          });
          const expected = Buffer.concat(ranges.map(({ from, to }) => bytes.subarray(from, to)));
          expect((await served(fileOf(bytes, partBytes), ranges)).equals(expected)).toBe(true);
        },
      ),
    ));

  it('open no segment twice that was opened a moment ago', async () => {
    const file = sealedFile(3);
    const ranges = Array.from({ length: 90 }, (_, index) => {
      const from = ((index * 7) % 24) * 1_048_576;
      return { from, to: from + 65_536 };
    });
    await served(file, ranges);
    expect(file.openedCount).toBe(3);
  });

  it.each([
    ['after the end', { from: 0, to: 101 }],
    ['empty', { from: 7, to: 7 }],
    ['backwards', { from: 8, to: 7 }],
  ])('are none when they are %s', (_, range) => {
    expect(() => new RangeServer(fileOf('x'.repeat(100))).want(range)).toThrow(FAILED);
  });

  it('are no longer than a segment', () => {
    const server = new RangeServer(sealedFile(2));
    server.want({ from: 1, to: 1 + MAX_WANTED_BYTES });
    expect(() => server.want({ from: 0, to: 1 + MAX_WANTED_BYTES })).toThrow(FAILED);
  });

  it('wait in a short line', () => {
    const server = new RangeServer(fileOf('x'));
    const want = () => server.want({ from: 0, to: 1 });
    for (let count = 0; count < MAX_WAITING_WANTS_COUNT; count += 1) want();
    expect(want).toThrow(FAILED);
  });

  it('are not served for ever', async () => {
    const all = Array.from({ length: 40 }, () => ({ from: 0, to: MAX_WANTED_BYTES }));
    await expect(served(sealedFile(1), all)).rejects.toThrow(TOO_MUCH);
  });

  it('do not make the host open segments for ever, however little of each is wanted', async () => {
    const file = sealedFile(64);
    const ranges = Array.from({ length: 4_000 }, (_, index) => {
      const from = ((index * 29) % 64) * SEGMENT_BYTES;
      return { from, to: from + 1 };
    });
    await expect(served(file, ranges)).rejects.toThrow(TOO_MUCH);
    expect(file.openedCount).toBeLessThan(64 * 20);
  });

  it('fail with the error of the file, also when it is shorter than it says', async () => {
    const cut = { ...fileOf('0123'), byteCount: 5 };
    await expect(served(cut, [{ from: 0, to: 5 }])).rejects.toThrow('shorter than its length');
  });

  it('of a made file are those of the same file in memory', async () => {
    const made = repeatedFile('head', 'abc', 5);
    const whole = await served(made, [{ from: 0, to: made.byteCount }]);
    expect(String(whole)).toBe(`head${'abc'.repeat(5)}`);
    expect(String(await served(made, [{ from: 8, to: 12 }]))).toBe(String(whole.subarray(8, 12)));
  });
});
