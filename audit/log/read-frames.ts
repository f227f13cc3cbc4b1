import type { DiskFile } from '../disk/index.ts';
import { decodeFrame, type Frame, MAX_FRAME_BYTES } from './frame.ts';

/** Bytes read at a time: some hundred ordinary groups. */
const READ_WINDOW_BYTES = 262_144;

/** Reads sound frames one after another from `start`, and stops at `end` or at the first place where there is none. */
export async function* readFrames(file: DiskFile, start: number, end: number): AsyncGenerator<Frame> {
  let offset = start;
  while (offset < end) {
    let window = await file.read(offset, Math.min(READ_WINDOW_BYTES, end - offset));
    // No frame in an ordinary window: only one of the largest can still be there.
    if (decodeFrame(window) === undefined) window = await file.read(offset, Math.min(MAX_FRAME_BYTES, end - offset));
    let used = 0;
    for (let frame = decodeFrame(window); frame; frame = decodeFrame(window.subarray(used))) {
      used += frame.byteLength;
      yield frame;
    }
    if (used === 0) return;
    offset += used;
  }
}
