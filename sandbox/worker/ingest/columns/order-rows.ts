import { createCipheriv } from 'node:crypto';

/** Words of a digest that are encrypted: one block. */
const BLOCK_WORDS = 4;
const DIGEST_WORDS = 8;

/** Digests of rows, as far as the order of rows needs them. */
interface Digests {
  /** 8 words a row. */
  readonly words: Uint32Array;
  has(row: number): boolean;
}

/** Most rows that are ordered at once: their number must fit beside 32 bits of key into what a double holds exactly. */
export const MAX_ORDERED_ROWS = 1_048_576;

/**
 * Orders rows so that those of one person lie together, and stay in the order of the file among themselves.
 *
 * The person of a row is its first present digest. Persons are ordered by it under a key: the order of a file tells
 * something (who came first), the order of digests lets whoever sees two snapshots line them up.
 */
export function orderRows(columns: readonly Digests[], rowCount: number, sortKey: Uint8Array): Uint32Array {
  const keys = keysOf(columns, rowCount, sortKey);
  // Key and row in one number, so that the engine's own sort of numbers can be used: a comparison in the language
  // takes ten times as long.
  const pairs = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row += 1) {
    pairs[row] = (keys[row * BLOCK_WORDS] as number) * MAX_ORDERED_ROWS + row;
  }
  pairs.sort();
  const order = new Uint32Array(rowCount);
  for (let index = 0; index < rowCount; index += 1) order[index] = (pairs[index] as number) % MAX_ORDERED_ROWS;
  partNeighbours(order, keys);
  return order;
}

function keysOf(columns: readonly Digests[], rowCount: number, sortKey: Uint8Array): Uint32Array {
  const blocks = new Uint32Array(rowCount * BLOCK_WORDS);
  for (let row = 0; row < rowCount; row += 1) {
    let place = 0;
    while (place < columns.length && !columns[place]?.has(row)) place += 1;
    const words = columns[place]?.words;
    if (words === undefined) continue;
    for (let word = 0; word < BLOCK_WORDS; word += 1) {
      blocks[row * BLOCK_WORDS + word] = words[row * DIGEST_WORDS + word] as number;
    }
  }
  // Equal blocks become equal blocks, which is what is wanted here, and all in one call.
  const cipher = createCipheriv('aes-256-ecb', sortKey, null).setAutoPadding(false);
  const keyed = cipher.update(new Uint8Array(blocks.buffer));
  // A copy begins where words may.
  return new Uint32Array(new Uint8Array(keyed).buffer);
}

// Among a million rows a few hundred pairs of persons have the same first 32 bits, and their rows lie mixed.
function partNeighbours(order: Uint32Array, keys: Uint32Array): void {
  for (let from = 0; from < order.length; ) {
    const first = (order[from] as number) * BLOCK_WORDS;
    let to = from + 1;
    let isMixed = false;
    for (; to < order.length; to += 1) {
      const next = (order[to] as number) * BLOCK_WORDS;
      if (keys[next] !== keys[first]) break;
      isMixed ||= keys[next + 1] !== keys[first + 1] || keys[next + 2] !== keys[first + 2];
    }
    if (isMixed) order.subarray(from, to).sort((a, b) => compare(keys, a, b));
    from = to;
  }
}

function compare(keys: Uint32Array, a: number, b: number): number {
  for (let word = 1; word < BLOCK_WORDS; word += 1) {
    const [x, y] = [keys[a * BLOCK_WORDS + word] as number, keys[b * BLOCK_WORDS + word] as number];
    if (x !== y) return x - y;
  }
  return a - b;
}
