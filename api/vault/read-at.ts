import type { FileHandle } from 'node:fs/promises';

/** A file that is open, or all of its bytes where it is small. */
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
