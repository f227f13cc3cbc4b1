export { CompactRange } from './compact-range.ts';
export { consistencyProof, consistencyRuns } from './consistency-proof.ts';
export { EMPTY_ROOT, HASH_BYTES, isSameHash, leafHash } from './hash.ts';
export { type FullTile, HashTree, MAX_TREE_SIZE_LEAVES, type TileSource } from './hash-tree.ts';
export { inclusionProof } from './inclusion-proof.ts';
export { parseTilePath, TILE_WIDTH_HASHES, type TileLevel, type TilePlace, tilePath } from './tile-path.ts';
export { type ConsistencyClaim, verifyConsistency } from './verify-consistency.ts';
export { type InclusionClaim, verifyInclusion } from './verify-inclusion.ts';
