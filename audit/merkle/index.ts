export { CompactRange } from './compact-range.ts';
export { consistencyProof } from './consistency-proof.ts';
export { HASH_BYTES, isSameHash, leafHash } from './hash.ts';
export { HashTree, MAX_TREE_SIZE_LEAVES } from './hash-tree.ts';
export { inclusionProof } from './inclusion-proof.ts';
export { type ConsistencyClaim, verifyConsistency } from './verify-consistency.ts';
export { type InclusionClaim, verifyInclusion } from './verify-inclusion.ts';
