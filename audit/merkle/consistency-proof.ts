import { type HashTree, splitPoint } from './hash-tree.ts';

/** A run of leaves, `end` not included. */
export interface LeafRun {
  readonly start: number;
  readonly end: number;
}

/**
 * The runs of leaves whose roots are the proof that the tree of `firstSize` is the beginning of the tree of
 * `secondSize`, in the order of the proof: the RFC's PROOF(m, D[n]).
 *
 * Shape: none when the sizes are equal or the first is 0, where there is nothing to prove. Runs do not overlap.
 * Units: 0 <= firstSize <= secondSize; the caller checks.
 * Source: RFC 6962, section 2.1.2.
 */
export function consistencyRuns(firstSize: number, secondSize: number): LeafRun[] {
  if (firstSize === 0) return [];
  const runs: LeafRun[] = [];
  let start = 0;
  let end = secondSize;
  while (firstSize < end) {
    const middle = start + splitPoint(end - start);
    if (firstSize <= middle) {
      runs.push({ start: middle, end });
      end = middle;
    } else {
      runs.push({ start, end: middle });
      start = middle;
    }
  }
  // The verifier has the first root already; only a subtree that is not the whole first tree must be named.
  if (start > 0) runs.push({ start, end });
  return runs.reverse();
}

/** Builds a consistency proof from a tree that holds both; `secondSize` is at most the tree's own size. */
export function consistencyProof(tree: HashTree, firstSize: number, secondSize: number): Uint8Array[] {
  return consistencyRuns(firstSize, secondSize).map(({ start, end }) => tree.rangeHash(start, end));
}
