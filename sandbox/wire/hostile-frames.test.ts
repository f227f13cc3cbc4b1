import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chunkOfCells } from './cells.ts';
import { ChunkError, type ColumnChunk, decodeColumnChunk, encodeColumnChunk, isTextValues } from './column-chunk.ts';
import { encodeFrameHeader, FrameError, readFrames } from './frames.ts';
import { decodeWorkerMessage, encodeWorkerMessage, maxWorkerFrameBytes, type WorkerMessage } from './messages.ts';

const RUN_COUNT = process.env.GALLEY_LONG === '1' ? 500_000 : 3_000;
/** Each array of a chunk may be copied once, to stand where its type wants it. */
const COPY_COUNT = 2;

const chunk = encodeColumnChunk(chunkOfCells({ kind: 'text' }, ['red', null, 'green', 'red', 'é']));
const codes = encodeColumnChunk(chunkOfCells({ kind: 'code' }, [1n, null, 65_534n]));
const ordinals = encodeColumnChunk(chunkOfCells({ kind: 'ordinal' }, [0n, 0xffff_ffffn]));
const numbers = encodeColumnChunk(chunkOfCells({ kind: 'decimal', scale: 2 }, [1n, null, 3n]));

const SPOKEN: readonly WorkerMessage[] = [
  { kind: 'ready' },
  { kind: 'columns', columns: [{ name: 'n', kind: 'integer' }] },
  { kind: 'chunk', column: 0, bytes: chunk },
  { kind: 'chunk', column: 1, bytes: numbers },
  { kind: 'chunk', column: 2, bytes: codes },
  { kind: 'chunk', column: 3, bytes: ordinals },
  { kind: 'part', rows: 3 },
  { kind: 'rejects', rejects: [{ line: 2, column: 'email', reason: 'not-an-identifier' }] },
  { kind: 'progress', rows: 1, bytes: 2 },
  { kind: 'tokens', bytes: Uint8Array.of(4, 5) },
  { kind: 'done', rows: 5, rejected: 1, peakBytes: 90_000_000 },
  { kind: 'failed', code: 'INPUT_REFUSED', reason: 'empty' },
];

const spoken = Buffer.concat(
  SPOKEN.flatMap((message) => {
    const { type, payload } = encodeWorkerMessage(message);
    return [encodeFrameHeader(type, payload.byteLength), payload];
  }),
);

/** What a worker said, spoiled: bytes changed, a piece left out or put in, an end too early. */
const spoiled = fc
  .record({
    edits: fc.array(fc.record({ at: fc.nat(spoken.length - 1), byte: fc.nat(255) }), { maxLength: 6 }),
    cut: fc.option(fc.nat(spoken.length), { nil: null }),
    piece: fc.record({ at: fc.nat(spoken.length), bytes: fc.uint8Array({ maxLength: 12 }), left: fc.nat(12) }),
  })
  .map(({ edits, cut, piece }) => {
    const bytes = Buffer.from(spoken);
    for (const { at, byte } of edits) bytes[at] = byte;
    const rest = bytes.subarray(piece.at + piece.left);
    return Buffer.concat([bytes.subarray(0, piece.at), piece.bytes, rest]).subarray(0, cut ?? undefined);
  });

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 61) yield bytes.subarray(at, at + 61);
}

async function readAll(bytes: Uint8Array): Promise<WorkerMessage[]> {
  const messages: WorkerMessage[] = [];
  for await (const frame of readFrames(inParts(bytes), maxWorkerFrameBytes)) messages.push(decodeWorkerMessage(frame));
  return messages;
}

function heldBytes({ validity, values }: ColumnChunk): number {
  if (!isTextValues(values)) return (validity?.byteLength ?? 0) + values.byteLength;
  const { offsets, bytes, indices } = values;
  return (validity?.byteLength ?? 0) + offsets.byteLength + bytes.byteLength + (indices?.byteLength ?? 0);
}

function expectChunkOrError(bytes: Uint8Array): void {
  try {
    expect(heldBytes(decodeColumnChunk(bytes))).toBeLessThanOrEqual(bytes.byteLength * COPY_COUNT);
  } catch (error) {
    expect(error).toBeInstanceOf(ChunkError);
  }
}

describe('what a hostile worker says', () => {
  it('is messages of the union or a frame error, and its chunks are chunks or a chunk error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(spoiled, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
        try {
          for (const message of await readAll(bytes)) if (message.kind === 'chunk') expectChunkOrError(message.bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { numRuns: RUN_COUNT },
    );
  }, 600_000);

  it('as a chunk holds no more than the bytes it came in', () => {
    const anyChunk = fc.record({
      kind: fc.nat(13),
      scale: fc.nat(20),
      rows: fc.oneof(fc.nat(70_000), fc.constantFrom(0xffff_ffff, 0x8000_0000, 65_536)),
      flags: fc.nat(7),
      rest: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(anyChunk, ({ kind, scale, rows, flags, rest }) => {
        const bytes = Buffer.concat([
          Buffer.from([0x47, 1, kind, scale, 0, 0, 0, 0, flags, 0, 0, 0, 0, 0, 0, 0]),
          rest,
        ]);
        bytes.writeUInt32LE(rows, 4);
        expectChunkOrError(bytes);
      }),
      { numRuns: RUN_COUNT },
    );
  }, 600_000);
});
