import { type HashTree, splitPoint } from './hash-tree.ts';

/**
 * Builds the proof that a leaf is in the tree of the given size: the RFC's PATH(m, D[n]), nearest sibling first.
 *
 * Units: `leafIndex` from 0, smaller than `treeSize`, which is at most the tree's own size; the caller checks both.
 * Source: RFC 6962, section 2.1.1.
 */
export function inclusionProof(tree: HashTree, leafIndex: number, treeSize: number): Uint8Array[] {
  const proof: Uint8Array[] = [];
  let start = 0;
  let end = treeSize;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (leafIndex < middle) {
      proof.push(tree.rangeHash(middle, end));
      end = middle;
    } else {
      proof.push(tree.rangeHash(start, middle));
      start = middle;
    }
  }
  return proof.reverse();
}
