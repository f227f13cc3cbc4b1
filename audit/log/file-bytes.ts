import type { FileHandle } from 'node:fs/promises';

/** Makes a file's content durable; tests pass their own, to count and to fail. */
export type SyncFile = (file: FileHandle) => Promise<void>;

/** Reads this many bytes, or as many as there are before the end of the file. */
export async function readBytes(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Writes all of the bytes at a place in the file. */
export async function writeBytes(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written, offset + written);
    written += bytesWritten;
  }
}
