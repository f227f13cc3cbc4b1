export { decodeBundle, MAX_BUNDLE_BYTES } from './entry-bundle.ts';
export { type GrowMirrorOptions, type GrownMirror, growMirror } from './grow-mirror.ts';
export {
  CHECKPOINT_FILE,
  checkpointOfMirror,
  type LeafRange,
  leavesOfMirror,
  seenByMirror,
  seenNotes,
} from './mirror.ts';
export { TileReader } from './tile-reader.ts';
export { TileWriter } from './tile-writer.ts';
