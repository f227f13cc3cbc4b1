import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type HostMessage,
  MAX_WAITING_WANTS_COUNT,
  MAX_WANTED_BYTES,
  type WorkerMessage,
} from '../../wire/messages.ts';
import { type HostChannel, openUploadedFile } from './file-source.ts';

const FILE_BYTES = 40_000_000;
const PART_BYTES = 1_048_576;
const file = Buffer.alloc(FILE_BYTES);
for (let at = 0; at + 4 <= FILE_BYTES; at += 4) file.writeUInt32LE(at, at);

/** A host that sends what is wanted, in order and in parts. */
function hostOf(): HostChannel {
  const parts: Uint8Array[] = [];
  const ends: number[] = [];
  return {
    answer(message: WorkerMessage) {
      if (message.kind !== 'want') throw new Error('only bytes are wanted here');
      const { from, to } = message;
      expect(to - from).toBeLessThanOrEqual(MAX_WANTED_BYTES);
      expect(from).toBeLessThan(to);
      for (let at = from; at < to; at += PART_BYTES) parts.push(file.subarray(at, Math.min(to, at + PART_BYTES)));
      ends.push(parts.length);
      expect(ends.length).toBeLessThanOrEqual(MAX_WAITING_WANTS_COUNT);
    },
    receive(): HostMessage {
      const bytes = parts.shift();
      if (bytes === undefined) throw new Error('the worker waits for what it never wanted');
      for (const index of ends.keys()) ends[index] = (ends[index] as number) - 1;
      while (ends[0] === 0) ends.shift();
      return { kind: 'bytes', bytes };
    },
  };
}

const place = fc.oneof(fc.nat(FILE_BYTES), fc.constantFrom(0, FILE_BYTES, FILE_BYTES - 1));

/** What a reader does: takes a range, or some parts of a walk through the file that it may leave for another. */
const deed = fc.oneof(
  fc.record({ kind: fc.constant('range' as const), from: place, byteCount: fc.nat(20_000_000) }),
  fc.record({ kind: fc.constant('start' as const), from: place }),
  fc.record({ kind: fc.constant('go on' as const), partCount: fc.nat(8) }),
  fc.record({ kind: fc.constant('leave' as const) }),
);

describe('an uploaded file', () => {
  it('gives its own bytes, however walks through it and ranges of it alternate', () =>
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 12 }), (deeds) => {
        const opened = openUploadedFile(FILE_BYTES, hostOf());
        let walk = opened.bytes(0);
        let at = 0;
        for (const step of deeds) {
          if (step.kind === 'range') {
            const to = Math.min(FILE_BYTES, step.from + step.byteCount);
            expect(file.subarray(step.from, to).equals(opened.range(step.from, to))).toBe(true);
          } else if (step.kind === 'start') {
            walk.return();
            walk = opened.bytes(step.from);
            at = step.from;
          } else if (step.kind === 'leave') walk.return();
          else {
            for (let count = 0; count < step.partCount; count += 1) {
              const next = walk.next();
              if (next.done === true) break;
              expect(file.subarray(at, at + next.value.byteLength).equals(next.value)).toBe(true);
              at += next.value.byteLength;
            }
          }
        }
      }),
      { numRuns: 60 },
    ));

  it('ends where it ends', () => {
    const opened = openUploadedFile(FILE_BYTES, hostOf());
    const parts = [...opened.bytes(FILE_BYTES - 3_000_000)];
    expect(Buffer.concat(parts).equals(file.subarray(-3_000_000))).toBe(true);
    expect([...opened.bytes(FILE_BYTES)]).toEqual([]);
    expect(opened.range(5, 5)).toHaveLength(0);
  });
});
