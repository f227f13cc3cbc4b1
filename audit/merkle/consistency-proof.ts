import { type HashTree, splitPoint } from './hash-tree.ts';

/**
 * Builds the proof that the tree of `firstSize` is the beginning of the tree of `secondSize`: the RFC's PROOF(m, D[n]).
 *
 * Shape: empty when the sizes are equal or the first is 0, where there is nothing to prove.
 * Units: 0 <= firstSize <= secondSize <= the tree's own size; the caller checks.
 * Source: RFC 6962, section 2.1.2.
 */
export function consistencyProof(tree: HashTree, firstSize: number, secondSize: number): Uint8Array[] {
  if (firstSize === 0) return [];
  const proof: Uint8Array[] = [];
  let start = 0;
  let end = secondSize;
  while (firstSize < end) {
    const middle = start + splitPoint(end - start);
    if (firstSize <= middle) {
      proof.push(tree.rangeHash(middle, end));
      end = middle;
    } else {
      proof.push(tree.rangeHash(start, middle));
      start = middle;
    }
  }
  // The verifier has the first root already; only a subtree that is not the whole first tree must be named.
  if (start > 0) proof.push(tree.rangeHash(start, end));
  return proof.reverse();
}
