export { decodeBase64, encodeBase64 } from './base64.ts';
export { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
export { type CheckpointSigner, handoverSigner } from './checkpoint-signer.ts';
export { type CosignatureKey, cosign, cosignedAt, witnessKeyOf } from './cosignature.ts';
export { openCheckpointKey, openWitnessKey } from './key-file.ts';
export {
  formatKeyHistory,
  type Handover,
  type KeyHistory,
  type KeyPeriod,
  keyHistoryJson,
  newKeyHistory,
  parseKeyHistory,
  readKeyHistory,
  type VerifiedKeyHistory,
  verifyCheckpointByHistory,
  verifyKeyHistory,
} from './key-history.ts';
export { handOver, keepKeyHistory, type LogKeyFiles, type LogKeys, openLogKeys, openNextKey } from './log-keys.ts';
export { formatNote, MAX_NOTE_BYTES, type NoteSignature, parseNote, type SignedNote } from './note.ts';
export {
  malformed,
  parseProofFile,
  readBytes,
  readFields,
  readHashes,
  readList,
  readString,
} from './proof-json.ts';
export { type ProvenLeaf, provenLeafJson, readProvenLeaf, verifyProvenLeaf } from './proven-leaf.ts';
export { parseWitnessKey } from './verifier-key.ts';
