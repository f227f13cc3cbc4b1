// Rows that no answer depends on do not enter the wall: an exploited engine can only tell of what it was given. This
// runs in the trusted process, so it judges whole arrays of plain values and parses nothing.
import type { RowCondition, TableSource } from '../wall.ts';
import {
  type ColumnChunk,
  decodeColumnChunk,
  encodeColumnChunk,
  isPresent,
  isTextValues,
  type TextValues,
} from '../wire/column-chunk.ts';
import { takeRows } from './take-rows.ts';

/** A selection with the places of its columns in the table. */
export interface PlacedSelection {
  readonly conditions: readonly { readonly column: number; readonly condition: RowCondition }[];
  readonly personColumn: number;
  readonly exempt: ReadonlySet<bigint>;
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
    conditions: selection.conditions.map((condition) => ({ column: placeOf(condition.column), condition })),
    personColumn: placeOf(selection.personColumn),
    exempt: new Set(selection.exempt),
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
  const judges = conditions.map(({ column, condition }) => judgeOf(chunkAt(column), condition));
  const isExempt = (row: number): boolean =>
    exempt.size > 0 && exempt.has((persons.values as BigUint64Array)[row] ?? 0n);
  const rows: number[] = [];
  for (let row = 0; row < persons.rowCount; row += 1) {
    if (judges.every((fulfils) => fulfils(row)) || isExempt(row)) rows.push(row);
  }
  if (rows.length === persons.rowCount) return block;
  if (rows.length === 0) return null;
  const taken = Int32Array.from(rows);
  return block.map((_, column) => encodeColumnChunk(takeRows(chunkAt(column), taken)));
}

function judgeOf(chunk: ColumnChunk, { atLeast, atMost, among }: RowCondition): (row: number) => boolean {
  const { values } = chunk;
  if (isTextValues(values)) {
    const isKept = keptTexts(values, among);
    const entryOf = (row: number): number => (values.indices === null ? row : (values.indices[row] as number));
    return (row) => isPresent(chunk, row) && isKept(entryOf(row));
  }
  const allowed = among === null ? null : new Set(among.map(BigInt));
  return (row) => {
    if (!isPresent(chunk, row)) return false;
    const value = BigInt(values[row] as number | bigint);
    if (atLeast !== null && value < atLeast) return false;
    return (atMost === null || value <= atMost) && (allowed === null || allowed.has(value));
  };
}

/** Judges each text once, also where many rows share it. */
function keptTexts({ offsets, bytes }: TextValues, among: RowCondition['among']): (entry: number) => boolean {
  if (among === null) return () => true;
  const allowed = among.map((text) => Buffer.from(String(text)));
  const verdicts = new Uint8Array(offsets.length);
  for (let entry = 0; entry + 1 < offsets.length; entry += 1) {
    const text = bytes.subarray(offsets[entry], offsets[entry + 1]);
    verdicts[entry] = allowed.some((word) => word.equals(text)) ? 1 : 0;
  }
  return (entry) => verdicts[entry] === 1;
}
