/** Bytes of the largest table of a shard: fewer cost more in statements than they save in memory. */
const SHARD_BYTES = 60_000_000;
/** Those that are computed over, or one of them and the next, which is read meanwhile. */
const HELD_SHARDS_COUNT = 2;
/** Bytes of a row of which nothing else is known. */
const ROW_BYTES = 30;
/** As finely as a layout is cut. */
const FINEST_SHARDS_COUNT = 128;
const PERSON_BITS = 64n;

/** Persons of one shard, both ends included. */
export interface PersonRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** How many shards a table of so many rows is run in, of so many bytes each: a power of two. */
export function shardCountOf(rows: number, rowBytes = ROW_BYTES): number {
  if (rows * rowBytes <= HELD_SHARDS_COUNT * SHARD_BYTES) return 1;
  let count = HELD_SHARDS_COUNT;
  while (count < FINEST_SHARDS_COUNT && (rows * rowBytes) / count > SHARD_BYTES) count *= 2;
  return count;
}

/** The ranges of persons of so many shards: persons are hashes, so that equal ranges hold about as many. */
export function shardRanges(count: number): readonly PersonRange[] {
  const width = (1n << PERSON_BITS) / BigInt(count);
  return Array.from({ length: count }, (_, shard) => {
    const first = width * BigInt(shard);
    return { first, last: first + width - 1n };
  });
}
