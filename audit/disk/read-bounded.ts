// Files of a folder that somebody else made: a copy of a log, evidence, a receipt. Its maker may put anything under a
// name: a pipe that never answers, a link to a device that never ends, a file larger than memory.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { LogVerificationError } from '../log-verification-error.ts';

/** A pipe opened so answers at once, and is then seen to be none of ours. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads a whole ordinary file of at most so many bytes.
 *
 * @throws {LogVerificationError} `FILE_NOT_READABLE` for anything else; what the disk says when it is not there
 */
export async function readBounded(file: string, maxBytes: number): Promise<Buffer> {
  await using handle = await open(file, OPEN_FLAGS);
  assertReadable(file, await handle.stat(), maxBytes);
  return await handle.readFile();
}

/** The same, at once: for pieces of a few kilobytes. */
export function readBoundedSync(file: string, maxBytes: number): Buffer {
  const descriptor = openSync(file, OPEN_FLAGS);
  try {
    assertReadable(file, fstatSync(descriptor), maxBytes);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

interface Stats {
  readonly size: number;
  isFile(): boolean;
}

function assertReadable(file: string, stats: Stats, maxBytes: number): void {
  if (stats.isFile() && stats.size <= maxBytes) return;
  throw new LogVerificationError('FILE_NOT_READABLE', `\`${file}\` is not a file of at most ${maxBytes} bytes`);
}
