import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOf } from '../testkit/tables.ts';
import type { RowCondition } from '../wall.ts';
import { chunkOfCells } from '../wire/cells.ts';
import { decodeColumnChunk, encodeColumnChunk, isTextValues } from '../wire/column-chunk.ts';
import type { Cell, ColumnType } from '../wire/column-type.ts';
import { filterBlock, type PlacedSelection, placeSelection } from './filter-rows.ts';
import { HalvesSet } from './narrow-rows.ts';

/** Numbers about which halves of 32 bits are easily taken for one another. */
const WIDE = [0n, -1n, 1n << 31n, -(1n << 31n), (1n << 32n) - 1n, 1n << 32n, -(1n << 32n), 1n << 62n, -(1n << 63n)];

const anything = { atLeast: null, atMost: null, among: null };

const kinds: readonly { readonly type: ColumnType; readonly cell: fc.Arbitrary<Cell> }[] = [
  { type: { kind: 'integer' }, cell: fc.bigInt({ min: -3n, max: 3n }) },
  { type: { kind: 'decimal', scale: 2 }, cell: fc.bigInt({ min: -300n, max: 300n }) },
  { type: { kind: 'date' }, cell: fc.bigInt({ min: -2n, max: 2n }) },
  { type: { kind: 'timestamp' }, cell: fc.bigInt({ min: -2n, max: 2n }) },
  { type: { kind: 'boolean' }, cell: fc.boolean() },
  { type: { kind: 'integer' }, cell: fc.constantFrom(...WIDE) },
  { type: { kind: 'person' }, cell: fc.constantFrom(...WIDE.map((value) => BigInt.asUintN(64, value))) },
  { type: { kind: 'text' }, cell: fc.constantFrom('', 'a', 'b', 'ä', '御膳房') },
];

const column = fc.constantFrom(...kinds);
const end = fc.option(
  fc.oneof(fc.bigInt({ min: -4n, max: 4n }), fc.constantFrom(...WIDE, 1n << 63n, 1n << 64n, -(1n << 64n))),
);

function conditionOn(name: string, { type, cell }: (typeof kinds)[number]): fc.Arbitrary<RowCondition> {
  const among = fc.option(fc.array(cell as fc.Arbitrary<string | bigint | boolean>, { maxLength: 3 }));
  const ends = type.kind === 'text' ? fc.constant(null) : end;
  return fc.record({ column: fc.constant(name), atLeast: ends, atMost: ends, among });
}

function fulfils(cell: Cell | undefined, { atLeast, atMost, among }: RowCondition): boolean {
  if (cell === null || cell === undefined) return false;
  const number = typeof cell === 'string' ? 0n : BigInt(cell);
  if (atLeast !== null && number < atLeast) return false;
  if (atMost !== null && number > atMost) return false;
  return among === null || among.includes(cell as string);
}

const person = fc.bigInt({ min: (1n << 63n) - 2n, max: (1n << 63n) + 2n });

const blocks = fc.tuple(column, column, fc.nat({ max: 200 })).chain(([a, b, rowCount]) =>
  fc.record({
    types: fc.constant([a.type, b.type]),
    columns: fc.tuple(
      ...[a, b].map(({ cell }) => fc.array(fc.option(cell, { freq: 6 }), { minLength: rowCount, maxLength: rowCount })),
    ),
    persons: fc.array(person, { minLength: rowCount, maxLength: rowCount }),
    conditions: fc.tuple(conditionOn('a', a), conditionOn('b', b)),
    exempt: fc.uniqueArray(person, { maxLength: 2 }),
  }),
);

describe('a block of rows', () => {
  it('enters with the rows that fulfil every condition or are of an exempt person, in their order', () => {
    let spared = 0;
    fc.assert(
      fc.property(blocks, ({ types, columns, persons, conditions, exempt }) => {
        const block = [
          encodeColumnChunk(chunkOfCells({ kind: 'person' }, persons)),
          ...columns.map((cells, index) =>
            encodeColumnChunk(chunkOfCells(types[index] as ColumnType, cells as Cell[])),
          ),
        ];
        const placed = conditions.map((condition, index) => ({ column: index + 1, condition, codes: null }));
        const rows = persons.map((one, row) => [one, ...columns.map((cells) => cells[row] as Cell)]);
        const isSelected = (row: readonly Cell[]): boolean =>
          exempt.includes(row[0] as bigint) || conditions.every((c, index) => fulfils(row[index + 1], c));
        const kept = rows.filter(isSelected);
        const found = filterBlock(block, { conditions: placed, personColumn: 0, exempt: new HalvesSet(exempt) });
        const cells = (found ?? []).map((bytes) => cellsOf(bytes));
        expect((cells[0] ?? []).map((_, row) => cells.map((c) => c[row]))).toEqual(kept);
        if (kept.length > 0 && kept.length < rows.length) spared += 1;
      }),
      { numRuns: 500 },
    );
    expect(spared).toBeGreaterThan(50);
  });

  const selectionOn = (column: number, condition: RowCondition): PlacedSelection => ({
    conditions: [{ column, condition, codes: null }],
    personColumn: 0,
    exempt: new HalvesSet([]),
  });

  it('is selected by codes as by their texts', () => {
    const chunks = async function* () {};
    const { conditions } =
      placeSelection({
        name: 'visits',
        columns: [
          { name: 'person', type: { kind: 'person' }, chunks },
          { name: 'shop', type: { kind: 'code' }, dictionary: ['a', 'b', 'c'], chunks },
        ],
        selection: {
          conditions: [{ ...anything, column: 'shop', among: ['c', 'a', 'elsewhere'] }],
          personColumn: 'person',
          exempt: [],
        },
      }) ?? {};
    const block = [
      encodeColumnChunk(chunkOfCells({ kind: 'person' }, [1n, 2n, 3n, 4n])),
      encodeColumnChunk(chunkOfCells({ kind: 'code' }, [0n, 1n, null, 2n])),
    ];
    const found = filterBlock(block, { conditions: conditions ?? [], personColumn: 0, exempt: new HalvesSet([]) });
    expect(found?.map((bytes) => cellsOf(bytes))).toEqual([
      [1n, 4n],
      [0n, 2n],
    ]);
  });

  it('takes no text along that only rows outside have', () => {
    const shops = ['keep', 'leave', 'keep', 'keep', 'leave', 'keep', 'keep', 'keep'];
    const persons = shops.map((_, index) => BigInt(index));
    const block = [
      encodeColumnChunk(chunkOfCells({ kind: 'person' }, persons)),
      encodeColumnChunk(chunkOfCells({ kind: 'text' }, shops)),
    ];
    const [, bytes] = filterBlock(block, selectionOn(1, { ...anything, column: 'shop', among: ['keep'] })) ?? [];
    const { values } = decodeColumnChunk(bytes as Uint8Array);
    if (!isTextValues(values)) return expect.fail('text was expected');
    expect(Buffer.from(values.bytes).toString()).not.toContain('leave');
  });

  it('that is needed whole is passed on as it is', () => {
    const block = [encodeColumnChunk(chunkOfCells({ kind: 'person' }, [1n, 2n]))];
    expect(filterBlock(block, null)).toBe(block);
    expect(filterBlock(block, selectionOn(0, { ...anything, column: 'n', atMost: 2n }))).toBe(block);
  });
});
