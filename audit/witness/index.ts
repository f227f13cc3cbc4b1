export {
  type AddCheckpointRequest,
  formatAddCheckpoint,
  MAX_REQUEST_BYTES,
} from './add-checkpoint.ts';
export { addCosignature, cosignatureIn, MAX_ADD_ANSWER_BYTES, mergeCosignatures } from './cosigned-note.ts';
export type { WatchedLog } from './judge.ts';
export { Witness, type WitnessAnswer, type WitnessOptions } from './witness.ts';
