// Rows that no answer depends on do not enter the wall: an exploited engine can only tell of what it was given. This
// runs in the trusted process, so it judges whole arrays of plain values and parses nothing.
import type { RowCondition, TableSource } from '../wall.ts';
import { type ColumnChunk, decodeColumnChunk, encodeColumnChunk } from '../wire/column-chunk.ts';
import { HalvesSet, keptCodes, narrowRows } from './narrow-rows.ts';
import { takeRows } from './take-rows.ts';

/** A condition with the place of its column in the table. */
export interface PlacedCondition {
  readonly column: number;
  readonly condition: RowCondition;
  /** Of a column of codes: which are allowed, found once for all rows; all when null. */
  readonly codes: Uint8Array | null;
}

/** A selection with the places of its columns in the table. */
export interface PlacedSelection {
  readonly conditions: readonly PlacedCondition[];
  readonly personColumn: number;
  readonly exempt: HalvesSet;
}

/**
 * Finds the columns of a selection.
 *
 * @throws {Error} when the job is not given one of them
 */
export function placeSelection({ name, columns, selection }: TableSource): PlacedSelection | null {
  if (selection === undefined || selection.conditions.length === 0) return null;
  const placeOf = (wanted: string): number => {
    const column = columns.findIndex((c) => c.name === wanted);
    if (column < 0) throw new Error(`table \`${name}\` is not given the column \`${wanted}\``);
    return column;
  };
  return {
    conditions: selection.conditions.map((condition) => {
      const column = placeOf(condition.column);
      const dictionary = columns[column]?.dictionary;
      return { column, condition, codes: dictionary === undefined ? null : keptCodes(dictionary, condition.among) };
    }),
    personColumn: placeOf(selection.personColumn),
    exempt: new HalvesSet(selection.exempt),
  };
}

/**
 * Leaves out the rows of a block that are not selected.
 *
 * Shape: one encoded chunk a column, of one row count; null when no row is left. A block that is needed whole is given
 * back as it is.
 */
export function filterBlock(
  block: readonly Uint8Array[],
  selection: PlacedSelection | null,
): readonly Uint8Array[] | null {
  if (selection === null) return block;
  const decoded = new Map<number, ColumnChunk>();
  const chunkAt = (column: number): ColumnChunk => {
    const chunk = decoded.get(column) ?? decodeColumnChunk(block[column] as Uint8Array);
    decoded.set(column, chunk);
    return chunk;
  };
  const { personColumn, exempt, conditions } = selection;
  const persons = chunkAt(personColumn);
  const kept = new Uint8Array(persons.rowCount).fill(1);
  for (const { column, condition, codes } of conditions) narrowRows(kept, chunkAt(column), condition, codes);
  if (!exempt.isEmpty) keepExempt(kept, persons.values as BigUint64Array, exempt);
  const rows = rowsKept(kept);
  if (rows.length === persons.rowCount) return block;
  if (rows.length === 0) return null;
  return block.map((_, column) => encodeColumnChunk(takeRows(chunkAt(column), rows)));
}

function keepExempt(kept: Uint8Array, persons: BigUint64Array, exempt: HalvesSet): void {
  const halves = new Uint32Array(persons.buffer, persons.byteOffset, persons.length * 2);
  for (let row = 0; row < kept.length; row += 1) {
    if (kept[row] === 0 && exempt.has(halves[2 * row + 1] as number, halves[2 * row] as number)) kept[row] = 1;
  }
}

function rowsKept(kept: Uint8Array): Int32Array {
  const rows = new Int32Array(kept.length);
  let count = 0;
  for (let row = 0; row < kept.length; row += 1) {
    rows[count] = row;
    count += kept[row] as number;
  }
  return rows.subarray(0, count);
}
