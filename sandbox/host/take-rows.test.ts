import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOf } from '../testkit/tables.ts';
import { chunkOfCells } from '../wire/cells.ts';
import { encodeColumnChunk } from '../wire/column-chunk.ts';
import type { Cell, ColumnType, LayoutType } from '../wire/column-type.ts';
import { countKept, keepRows } from './take-rows.ts';

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const bigint64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const person = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const day = fc.integer({ min: -700_000, max: 2_900_000 }).map(BigInt);
const kinds: readonly [ColumnType | LayoutType, fc.Arbitrary<Cell>][] = [
  [{ kind: 'text' }, fc.oneof(fc.constantFrom('a', 'bb', ''), fc.string({ unit: 'grapheme' }))],
  [{ kind: 'integer' }, bigint64],
  [{ kind: 'decimal', scale: 2 }, bigint64],
  [{ kind: 'timestamp' }, bigint64],
  [{ kind: 'person' }, person],
  [{ kind: 'date' }, day],
  [{ kind: 'boolean' }, fc.boolean()],
  [{ kind: 'code' }, fc.nat({ max: 65_535 }).map(BigInt)],
  [{ kind: 'ordinal' }, fc.nat({ max: 0x7fff_ffff }).map(BigInt)],
  [{ kind: 'rank' }, fc.nat({ max: 65_535 }).map(BigInt)],
  [{ kind: 'digest' }, digest],
];

function verdictsOf(kept: readonly boolean[]): Uint8Array {
  const values = new BigInt64Array(Math.ceil(kept.length / 64));
  const bits = new Uint8Array(values.buffer);
  for (const [row, isKept] of kept.entries()) if (isKept) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  return encodeColumnChunk({ type: { kind: 'integer' }, rowCount: values.length, validity: null, values });
}

describe('leaving rows out of a chunk', () => {
  it.each(kinds)('gives the very rows that stay, in order: %o', (type, value) => {
    const row = fc.record({ cell: fc.option(value), isKept: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), (rows) => {
        const chunk = encodeColumnChunk(
          chunkOfCells(
            type,
            rows.map(({ cell }) => cell),
          ),
        );
        const verdicts = verdictsOf(rows.map(({ isKept }) => isKept));
        const expected = rows.filter(({ isKept }) => isKept).map(({ cell }) => cell);
        const kept = keepRows(chunk, verdicts);
        expect(kept === null ? [] : cellsOf(kept)).toEqual(
          expected.map((cell) => (typeof cell === 'string' ? cell.toWellFormed() : cell)),
        );
        expect(countKept(verdicts)).toBe(expected.length);
      }),
    );
  });

  it('brings along no text that only rows have that go', () => {
    const cells = ['stays', 'goes', 'stays', 'goes', 'stays', 'stays'];
    const chunk = encodeColumnChunk(chunkOfCells({ kind: 'text' }, cells));
    const kept = keepRows(chunk, verdictsOf(cells.map((cell) => cell === 'stays')));
    expect(Buffer.from(kept ?? []).includes('goes')).toBe(false);
  });

  it('hands a chunk of which every row stays on as it is', () => {
    const chunk = encodeColumnChunk(chunkOfCells({ kind: 'integer' }, [1n, 2n]));
    expect(keepRows(chunk, verdictsOf([true, true]))).toBe(chunk);
    expect(keepRows(chunk, verdictsOf([false, false]))).toBeNull();
  });

  it('refuses verdicts over other rows', () => {
    const chunk = encodeColumnChunk(chunkOfCells({ kind: 'integer' }, [1n, 2n]));
    expect(() => keepRows(chunk, verdictsOf(Array.from({ length: 65 }, () => true)))).toThrow('differ');
  });
});
