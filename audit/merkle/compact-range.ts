import { EMPTY_ROOT, nodeHash } from './hash.ts';

/**
 * The right edge of a tree: enough to append and to tell the root, in O(log n) memory.
 *
 * An auditor rebuilds a log of any length with it, and it shares no code with the tree that served the log but the two
 * hashes.
 */
export class CompactRange {
  /** Roots of the complete subtrees that make up the tree, largest first: one for each 1 in the size's binary form. */
  readonly #subtrees: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let carry = this.#size; carry % 2 === 1; carry = Math.floor(carry / 2)) {
      const left = this.#subtrees.pop();
      if (left !== undefined) hash = nodeHash(left, hash);
    }
    this.#subtrees.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    const [smallest, ...larger] = this.#subtrees.toReversed();
    if (smallest === undefined) return EMPTY_ROOT.slice();
    return larger.reduce((right, left) => nodeHash(left, right), smallest);
  }
}
