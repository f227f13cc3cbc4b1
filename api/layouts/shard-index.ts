// Where the rows of each finest shard stand in each file of a layout. Row counts are data: the whole is sealed, and its
// length follows from the number of columns alone.

/**
 * The parts that a layout's files are cut into, by the upper seven bits of the person: so many that a run of a hundred
 * million rows holds no more than a million at once, and so few that each still fills whole chunks.
 */
export const FINEST_SHARDS_COUNT = 128;

/**
 * Bytes of the largest table that one shard has about, of the columns that are read. A worker holds two shards at once: 120
 * MB, whatever the table has; a table of no more than that is one shard. Smaller ones spend the time on statements, which the
 * engine plans anew for each: in half as many bytes a question under a condition takes half as long again.
 */
const SHARD_BYTES = 60_000_000;
/** Those that are computed over, or one of them and the next, which is read meanwhile. */
const HELD_SHARDS_COUNT = 2;
/** Bytes of a row of which nothing else is known. */
const ROW_BYTES = 30;

/** The least power of two of shards that keeps each within its bytes. */
export function shardsForBytes(byteCount: number): number {
  return byteCount <= HELD_SHARDS_COUNT * SHARD_BYTES ? 1 : leastShards(byteCount);
}

/** The shards that a table is cut into, whatever will be read of its rows. */
export function shardsFor(rowCount: number): number {
  return leastShards(rowCount * ROW_BYTES);
}

function leastShards(byteCount: number): number {
  let shardCount = 1;
  while (shardCount < FINEST_SHARDS_COUNT && byteCount > shardCount * SHARD_BYTES) shardCount *= 2;
  return shardCount;
}

const NUMBER_BYTES = 8;
const FLAG_BYTES = 1;

/** One file: whether a dictionary stands before its first shard, and the byte at which each shard begins; one more for the end. */
export interface ColumnIndex {
  readonly hasDictionary: boolean;
  readonly offsets: readonly number[];
}

/** What is known of the shards of a layout. */
export interface ShardIndex {
  /** In how many parts its persons are cut, a power of two: no run can read it in more. */
  readonly cut: number;
  /** Rows of each finest shard. */
  readonly rows: readonly number[];
  readonly columns: readonly ColumnIndex[];
}

/** The cut, then the rows. */
const ROWS_BYTES = (1 + FINEST_SHARDS_COUNT) * NUMBER_BYTES;
const COLUMN_BYTES = FLAG_BYTES + (FINEST_SHARDS_COUNT + 1) * NUMBER_BYTES;

/** As bytes of one length for all layouts of as many columns. */
export function encodeShardIndex({ cut, rows, columns }: ShardIndex): Uint8Array {
  const bytes = Buffer.alloc(ROWS_BYTES + columns.length * COLUMN_BYTES);
  const write = (at: number, numbers: readonly number[]) => {
    for (const [index, value] of numbers.entries()) bytes.writeDoubleLE(value, at + index * NUMBER_BYTES);
  };
  write(0, [cut, ...rows]);
  for (const [index, { hasDictionary, offsets }] of columns.entries()) {
    const at = ROWS_BYTES + index * COLUMN_BYTES;
    bytes.writeUInt8(hasDictionary ? 1 : 0, at);
    write(at + FLAG_BYTES, offsets);
  }
  return bytes;
}

/** From such bytes; a column is read when it is asked for, as a question opens few of many. */
export class StoredShardIndex {
  readonly #bytes: Buffer;

  constructor(plain: Uint8Array) {
    this.#bytes = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  }

  /** In how many parts its persons are cut. */
  get cut(): number {
    return this.#bytes.readDoubleLE(0);
  }

  /** Rows of each finest shard. */
  get rows(): readonly number[] {
    return this.#numbers(NUMBER_BYTES, FINEST_SHARDS_COUNT);
  }

  /** Whether a column is of codes. */
  hasDictionary(index: number): boolean {
    return this.#bytes.readUInt8(ROWS_BYTES + index * COLUMN_BYTES) === 1;
  }

  /** One file. */
  column(index: number): ColumnIndex {
    const at = ROWS_BYTES + index * COLUMN_BYTES;
    return {
      hasDictionary: this.hasDictionary(index),
      offsets: this.#numbers(at + FLAG_BYTES, FINEST_SHARDS_COUNT + 1),
    };
  }

  // Doubles: whole up to 2^53, and no object a number as a big integer would be.
  #numbers(from: number, count: number): readonly number[] {
    return Array.from({ length: count }, (_, index) => this.#bytes.readDoubleLE(from + index * NUMBER_BYTES));
  }
}
