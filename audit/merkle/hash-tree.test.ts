import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oracleRoot } from '../testdata/rfc6962-oracle.ts';
import { vectorLeaves, vectorRoots } from '../testdata/rfc6962-vectors.ts';
import { CompactRange } from './compact-range.ts';
import { leafHash } from './hash.ts';
import { HashTree } from './hash-tree.ts';

function grow(leaves: readonly Uint8Array[]): { tree: HashTree; range: CompactRange } {
  const tree = new HashTree();
  const range = new CompactRange();
  for (const leaf of leaves) {
    tree.append(leafHash(leaf));
    range.append(leafHash(leaf));
  }
  return { tree, range };
}

describe('the tree', () => {
  it('has the published root at each size of the reference vectors', () => {
    const { tree } = grow(vectorLeaves);
    for (const [size, root] of vectorRoots.entries()) {
      expect(Buffer.from(tree.root(size))).toEqual(root);
      expect(Buffer.from(grow(vectorLeaves.slice(0, size)).range.root())).toEqual(root);
      expect(oracleRoot(vectorLeaves.slice(0, size))).toEqual(root);
    }
  });

  it('has the root of the RFC definition at every size up to 70, also long after it grew past it', () => {
    const leaves = Array.from({ length: 70 }, (_, index) => Buffer.from(`leaf ${index}`));
    const { tree } = grow(leaves);
    for (let size = 0; size <= leaves.length; size += 1) {
      expect(Buffer.from(tree.root(size))).toEqual(oracleRoot(leaves.slice(0, size)));
    }
  });

  it('has the root of the RFC definition for any leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 }), (leaves) => {
        const { tree, range } = grow(leaves);
        expect(Buffer.from(tree.root(leaves.length))).toEqual(oracleRoot(leaves));
        expect(Buffer.from(range.root())).toEqual(oracleRoot(leaves));
      }),
      { numRuns: 40 },
    );
  });

  it('gives hashes away as copies, so that nobody outside writes into it', () => {
    const { tree } = grow(vectorLeaves);
    tree.root(8).fill(0);
    tree.leafHash(0).fill(0);
    tree.root(0).fill(0);
    expect(Buffer.from(tree.root(8))).toEqual(vectorRoots[8]);
    expect(Buffer.from(tree.root(0))).toEqual(vectorRoots[0]);
  });

  it('keeps its hashes when it grows past one block of memory', () => {
    const tree = new HashTree();
    const range = new CompactRange();
    const hash = leafHash(Buffer.from('the same leaf again'));
    for (let index = 0; index < 65_540; index += 1) {
      tree.append(hash);
      range.append(hash);
    }
    expect(tree.root(65_540)).toEqual(range.root());
  });
});
