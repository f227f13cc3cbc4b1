// The tree keeps the hash of every complete subtree, and nothing else: those never change once written, so any past
// root and any proof is put together from O(log n) of them. Level 0 holds leaf hashes, level k subtrees of 2^k leaves.

import { EMPTY_ROOT, nodeHash } from './hash.ts';
import { HashColumn } from './hash-column.ts';

/** Most leaves in one tree: levels are found with 32-bit arithmetic, and 2^30 leaves already take 64 GiB of hashes. */
export const MAX_TREE_SIZE_LEAVES = 2 ** 30;

/** A Merkle hash tree (RFC 6962, section 2.1) that grows by one leaf at a time and remembers every earlier root. */
export class HashTree {
  readonly #levels: HashColumn[] = [];

  get size(): number {
    return this.#levels[0]?.count ?? 0;
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    let index = this.size;
    for (let level = 0; ; level += 1) {
      const column = this.#column(level);
      column.push(hash);
      if (index % 2 === 0) return;
      hash = nodeHash(column.at(index - 1), hash);
      index = (index - 1) / 2;
    }
  }

  leafHash(leafIndex: number): Uint8Array {
    return this.#column(0).at(leafIndex);
  }

  root(treeSize: number): Uint8Array {
    return treeSize === 0 ? EMPTY_ROOT.slice() : this.rangeHash(0, treeSize);
  }

  /**
   * The RFC's MTH(D[start:end]): the root of a run of leaves as it stands inside the tree.
   *
   * INVARIANT: the run comes from splitting the whole tree as the RFC does, so `start` is a multiple of the largest
   * power of two in its length, and its left part is always a stored subtree.
   */
  rangeHash(start: number, end: number): Uint8Array {
    const width = largestPowerOfTwoUpTo(end - start);
    const left = this.#column(Math.log2(width)).at(start / width);
    return start + width === end ? left : nodeHash(left, this.rangeHash(start + width, end));
  }

  #column(level: number): HashColumn {
    const column = this.#levels[level] ?? new HashColumn();
    this.#levels[level] = column;
    return column;
  }
}

/** The largest power of two that is at most `count`; `count` from 1 to 2^30. */
function largestPowerOfTwoUpTo(count: number): number {
  return 2 ** (31 - Math.clz32(count));
}

/**
 * The RFC's k: the largest power of two smaller than `count`, where a tree of `count` leaves splits; `count` from 2.
 */
export function splitPoint(count: number): number {
  return largestPowerOfTwoUpTo(count - 1);
}
