// Work on ten million persons is done range by range, so that no worker ever holds more than one of them.
import type { PersonRange } from '../wall-identity.ts';
import { decodeColumnChunk, encodeColumnChunk } from '../wire/column-chunk.ts';
import { takeRows } from './take-rows.ts';

/**
 * Leaves out the rows of a block whose persons are outside a range.
 *
 * Shape: one encoded chunk a column, of one row count; null when no row is left. Rows without a person count as the first.
 */
export function keepRange(
  block: readonly Uint8Array[],
  personColumn: number,
  { from, to }: PersonRange,
): readonly Uint8Array[] | null {
  const { values, rowCount } = decodeColumnChunk(block[personColumn] as Uint8Array);
  // Halves instead of whole names: a 64-bit number for each row would be made and thrown away again.
  const persons = values as BigUint64Array;
  const halves = new Uint32Array(persons.buffer, persons.byteOffset, persons.length * 2);
  const rows = new Int32Array(rowCount);
  let kept = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const upper = halves[row * 2 + 1] as number;
    if (upper < from || upper >= to) continue;
    rows[kept] = row;
    kept += 1;
  }
  if (kept === rowCount) return block;
  if (kept === 0) return null;
  const taken = rows.subarray(0, kept);
  return block.map((bytes) => encodeColumnChunk(takeRows(decodeColumnChunk(bytes), taken)));
}
