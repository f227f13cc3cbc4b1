export { stageRuntime } from '../host/runtime-folder.ts';
export { WALL_LAYERS, type WallLayer } from '../host/wall-layer.ts';
export { chunkOfCells } from '../wire/cells.ts';
export { encodeColumnChunk } from '../wire/column-chunk.ts';
export { encodeFrameHeader, readFrames } from '../wire/frames.ts';
export { decodeWorkerMessage, encodeWorkerMessage, maxWorkerFrameBytes, type WorkerMessage } from '../wire/messages.ts';
export { withConstants } from '../wire/with-constants.ts';
export { type BenchWorker, startBenchWorker, startNodeOnce } from './bench-workers.ts';
export { wallOfChanged, wallOfLiars } from './changed-wall.ts';
export { fileOf, repeatedFile } from './files.ts';
export { AttackerDied, type AttackerPlace, NativeAttacker } from './native-attacker.ts';
export {
  BURN_CODE,
  FAULT_CODE,
  type LiarsEnd,
  legacyCallCode,
  STACK_CODE,
  splitCode,
  TOUCH_CODE,
} from './native-program.ts';
export { descendantsOf } from './processes.ts';
export { cellsOf, column, jobOf, takeAll, yieldAll } from './tables.ts';
