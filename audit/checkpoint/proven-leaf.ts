import { type Entry, EntryError, parseLeaf } from '../entry/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { leafHash, verifyInclusion } from '../merkle/index.ts';
import { encodeBase64 } from './base64.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readBytes, readFields, readHashes, readIndex } from './proof-json.ts';

/** A leaf that travels with the proof of its place. */
export interface ProvenLeaf {
  readonly leafIndex: number;
  readonly leaf: Uint8Array;
  readonly inclusionProof: readonly Uint8Array[];
}

/** Writes a proven leaf as JSON writes it: bytes in base64. */
export function provenLeafJson({ leafIndex, leaf, inclusionProof }: ProvenLeaf) {
  return { leafIndex, leaf: encodeBase64(leaf), inclusionProof: inclusionProof.map(encodeBase64) };
}

/** Reads a proven leaf as JSON writes it; nothing is verified. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readProvenLeaf(value: unknown, place: string): ProvenLeaf {
  const fields = readFields(value, place, ['leafIndex', 'leaf', 'inclusionProof']);
  return {
    leafIndex: readIndex(fields.leafIndex, `${place}.leafIndex`),
    leaf: readBytes(fields.leaf, `${place}.leaf`),
    inclusionProof: readHashes(fields.inclusionProof, `${place}.inclusionProof`),
  };
}

/**
 * The entry of a leaf that is proved to stand in a checkpoint's tree.
 *
 * @throws {LogVerificationError} `ENTRY_*`, `LEAF_*` or `ROOT_HASH_MISMATCH` and its kin, with the leaf's index
 */
export function verifyProvenLeaf(
  { leaf, leafIndex, inclusionProof }: ProvenLeaf,
  { treeSize, rootHash }: Checkpoint,
): Entry {
  verifyInclusion({ leafHash: leafHash(leaf), leafIndex, treeSize, proof: inclusionProof, rootHash });
  try {
    return parseLeaf(leaf);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new LogVerificationError(error.code, error.message, leafIndex);
  }
}
