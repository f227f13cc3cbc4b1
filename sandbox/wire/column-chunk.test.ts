import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cellsOfChunk, chunkOfCells } from './cells.ts';
import {
  CHUNK_HEADER_BYTES,
  ChunkError,
  decodeColumnChunk,
  encodeColumnChunk,
  isTextValues,
  MAX_CHUNK_ROWS,
} from './column-chunk.ts';
import type { Cell, WireType } from './column-type.ts';

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const SAMPLES: [WireType, fc.Arbitrary<Cell>][] = [
  [{ kind: 'boolean' }, fc.boolean()],
  [{ kind: 'integer' }, int64],
  [{ kind: 'decimal', scale: 4 }, int64],
  [{ kind: 'timestamp' }, int64],
  [{ kind: 'date' }, fc.bigInt({ min: -(1n << 31n), max: (1n << 31n) - 1n })],
  [{ kind: 'person' }, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })],
  [{ kind: 'double' }, fc.double()],
  [{ kind: 'code' }, fc.bigInt({ min: 0n, max: 65_535n })],
  [{ kind: 'rank' }, fc.bigInt({ min: 0n, max: 65_535n })],
  [{ kind: 'ordinal' }, fc.bigInt({ min: 0n, max: 0xffff_ffffn })],
  [{ kind: 'text' }, fc.string({ unit: 'binary' })],
  [{ kind: 'text' }, fc.constantFrom('red', 'green', '', '\uFEFFblue')],
];

describe('column chunk', () => {
  it.each(SAMPLES)('gives back the values of %o, gaps included, at every alignment', (type, value) => {
    const cells = fc.array(fc.option(value, { nil: null }), { maxLength: 300 });
    return fc.assert(
      fc.property(cells, fc.nat(9), (written, shift) => {
        const bytes = encodeColumnChunk(chunkOfCells(type, written));
        const shifted = new Uint8Array(bytes.byteLength + shift).subarray(shift);
        shifted.set(bytes);
        const chunk = decodeColumnChunk(shifted);
        expect(chunk.type).toEqual(type);
        expect(cellsOfChunk(chunk)).toEqual(written);
      }),
    );
  });

  it('stores repeated text once', () => {
    const chunk = chunkOfCells({ kind: 'text' }, new Array<string>(1000).fill('a label that repeats'));
    expect(isTextValues(chunk.values) && chunk.values.offsets.length).toBe(2);
    expect(encodeColumnChunk(chunk).byteLength).toBeLessThan(2100);
  });

  it('keeps broken halves of a character in neighbouring values apart', () => {
    const chunk = decodeColumnChunk(encodeColumnChunk(chunkOfCells({ kind: 'text' }, ['a\uD83D', '\uDE00b'])));
    expect(cellsOfChunk(chunk)).toEqual(['a\uFFFD', '\uFFFDb']);
  });

  it('answers hostile bytes with a chunk error and nothing else', () => {
    const chunks = SAMPLES.map(([type, value]) =>
      encodeColumnChunk(chunkOfCells(type, fc.sample(fc.option(value, { nil: null }), 70))),
    );
    const edit = fc.record({ at: fc.nat(400), byte: fc.nat(255) });
    return fc.assert(
      fc.property(fc.constantFrom(...chunks), fc.array(edit, { maxLength: 8 }), fc.nat(900), (chunk, edits, length) => {
        const bytes = chunk.slice(0, length);
        for (const { at, byte } of edits) if (at < bytes.byteLength) bytes[at] = byte;
        try {
          const decoded = decodeColumnChunk(bytes);
          expect(cellsOfChunk(decoded)).toHaveLength(decoded.rowCount);
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['an offset beyond the text', (view: DataView) => view.setUint32(CHUNK_HEADER_BYTES + 4, 99, true)],
    ['a character cut in two', (view: DataView) => view.setUint32(CHUNK_HEADER_BYTES + 4, 1, true)],
    ['more rows than there are', (view: DataView) => view.setUint32(4, 60_000, true)],
    ['more rows than a chunk may have', (view: DataView) => view.setUint32(4, MAX_CHUNK_ROWS + 1, true)],
    ['an unknown kind', (view: DataView) => view.setUint8(2, 8)],
    ['a scale on text', (view: DataView) => view.setUint8(3, 2)],
  ])('refuses %s', (_, damage) => {
    const bytes = encodeColumnChunk({
      type: { kind: 'text' },
      rowCount: 2,
      validity: null,
      values: { offsets: Uint32Array.of(0, 2, 3), bytes: Buffer.from('éx'), indices: null },
    });
    damage(new DataView(bytes.buffer));
    expect(() => decodeColumnChunk(bytes)).toThrow(ChunkError);
  });

  it('refuses a boolean that is neither', () => {
    const bytes = encodeColumnChunk(chunkOfCells({ kind: 'boolean' }, [true]));
    bytes[CHUNK_HEADER_BYTES] = 2;
    expect(() => decodeColumnChunk(bytes)).toThrow(ChunkError);
  });
});
