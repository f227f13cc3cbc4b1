export { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
export type { CheckpointSigner } from './checkpoint-signer.ts';
export { openCheckpointKey } from './key-file.ts';
