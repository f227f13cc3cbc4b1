// A statement counts the persons and pairs of its own shard from 0. A run may read several shards as one, and tells persons
// apart by their ordinals: so each shard goes on counting where those before it have ended.
import { LAYOUT_COLUMNS } from '../../policies/index.ts';

// Where an encoded chunk says how many rows it has, and whether some are missing; its 32-bit values follow the header.
const ROW_COUNT_AT = 4;
const FLAGS_AT = 8;
const HEADER_BYTES = 16;
const ORDINAL_BYTES = 4;

/** Columns that are counted within a shard. */
const COUNTED: ReadonlySet<string> = new Set([LAYOUT_COLUMNS.ordinal, LAYOUT_COLUMNS.pair]);

interface Counting {
  shard: number;
  /** Those before the shard. */
  before: number;
  /** Those up to its end. */
  end: number;
}

/** Counts over the shards of layouts that are made together: one person has one ordinal in all of them. */
export class Ordinals {
  readonly #columns = new Map<string, Counting>();

  /** Adds the ordinals before its shard to an encoded chunk, in place, where its column is a counted one. */
  place(column: string, shard: number, chunk: Uint8Array): void {
    if (!COUNTED.has(column)) return;
    const counting = this.#columns.get(column) ?? { shard, before: 0, end: 0 };
    this.#columns.set(column, counting);
    // INVARIANT: a shard begins when all layouts have those before it.
    if (shard > counting.shard) Object.assign(counting, { shard, before: counting.end });
    counting.end = Math.max(counting.end, addBefore(chunk, counting.before));
  }
}

function addBefore(chunk: Uint8Array, before: number): number {
  // INVARIANT: every row has a person and a pair.
  if (chunk[FLAGS_AT] !== 0) throw new Error('a chunk of ordinals has rows without one');
  const rowCount = new DataView(chunk.buffer, chunk.byteOffset).getUint32(ROW_COUNT_AT, true);
  const values = new DataView(chunk.buffer, chunk.byteOffset + HEADER_BYTES, rowCount * ORDINAL_BYTES);
  let end = before;
  for (let at = 0; at < values.byteLength; at += ORDINAL_BYTES) {
    const ordinal = values.getUint32(at, true) + before;
    if (ordinal >= end) end = ordinal + 1;
    values.setUint32(at, ordinal, true);
  }
  return end;
}
