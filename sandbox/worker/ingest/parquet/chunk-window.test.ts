import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { UploadedFile } from '../file-source.ts';
import { ChunkWindow } from './chunk-window.ts';

/** A file in memory, and how many of its bytes have been asked for. */
function fileOf(bytes: Uint8Array): UploadedFile & { askedBytes: number } {
  const file = {
    byteCount: bytes.byteLength,
    askedBytes: 0,
    *bytes(from: number) {
      yield bytes.subarray(from);
    },
    range(from: number, to: number) {
      file.askedBytes += to - from;
      return bytes.slice(from, to);
    },
  };
  return file;
}

const bytes = Uint8Array.from({ length: 2_000 }, (_, index) => (index * 31) % 251);

describe('a window of a column', () => {
  it('shows the bytes of its chunk and no others, wherever it is', () =>
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(2_000), fc.nat(2_000)),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.tuple(fc.nat(2_000), fc.nat(500))),
        (places, windowBytes, views) => {
          const [start, end] = places.toSorted((a, b) => a - b) as [number, number];
          const window = new ChunkWindow(fileOf(bytes), { start, end }, windowBytes);
          const chunk = bytes.subarray(start, end);
          const shown = views.map(([place, length]) => {
            const from = Math.min(place, window.byteCount);
            return { from, to: from + length, view: window.view(from, from + length) };
          });
          // What was shown stays as it is while the window moves on.
          for (const { from, to, view } of shown) expect(view).toEqual(chunk.slice(from, to));
        },
      ),
    ));

  it('fetches each byte once when it is moved from the start to the end', () => {
    const file = fileOf(bytes);
    const window = new ChunkWindow(file, { start: 100, end: 1_900 }, 128);
    for (let at = 0; at < window.byteCount; at += 50) {
      window.view(at, at + 64);
      window.view(at + 7, at + 50);
    }
    expect(file.askedBytes).toBe(1_800);
  });
});
