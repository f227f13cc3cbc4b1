import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** A file that is open, or all of its bytes. */
export type ReadableBytes = FileHandle | Buffer;

/** Reads bytes from a place of a file; fewer only where the file ends. */
export async function readAt(handle: ReadableBytes, at: { position: number; length: number }): Promise<Buffer> {
  if (Buffer.isBuffer(handle)) return handle.subarray(at.position, at.position + at.length);
  const bytes = Buffer.allocUnsafeSlow(at.length);
  let filled = 0;
  while (filled < at.length) {
    const { bytesRead } = await handle.read(bytes, filled, at.length - filled, at.position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/**
 * All bytes of a small file, read while everything else waits, which takes some ten microseconds: to ask another thread
 * to open, measure, read and close it takes four turns, each behind whatever else is to be done. `null` for a larger one.
 */
export function readSmall(path: string, maxBytes: number): Buffer | null {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) return null;
    const bytes = Buffer.allocUnsafeSlow(size);
    let filled = 0;
    while (filled < size) {
      const count = readSync(file, bytes, filled, size - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}
