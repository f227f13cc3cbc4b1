// Everything the log does to the disk, in steps so small that each can be the last one before a power cut. Tests put a
// disk in its place that loses or tears what was not synced.

import { constants, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './atomic-file.ts';

/**
 * Writes up to this are handed to the kernel at once: it takes them in some microseconds, and a way to another thread and
 * back takes many times that, twice a group. To wait for the disk is another thing, and never done here.
 */
const SHORT_WRITE_BYTES = 65_536;

/** The log is for the service's own account only. */
const OWNER_ONLY_FILE_MODE = 0o600;
const OWNER_ONLY_FOLDER_MODE = 0o700;

/** An open file, read and written at places. */
export interface DiskFile {
  /** Reads so many bytes, or as many as there are before the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  /** Makes the content durable; the name of a new file is so only when its folder was synced. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The disk under a log. */
export interface LogDisk {
  /** Opens a file, and makes it if it is not there. */
  open(file: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Makes a folder, and those above it that are missing. */
  makeFolder(folder: string): Promise<void>;
  /** Removes a file, or a folder with all in it; nothing when it is not there. */
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>;
}

/** The disk of this machine. */
export const localDisk: LogDisk = {
  open: async (file) => new LocalFile(await open(file, constants.O_RDWR | constants.O_CREAT, OWNER_ONLY_FILE_MODE)),
  rename: (from, to) => rename(from, to),
  makeFolder: async (folder) => {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER_MODE });
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncFolder: (folder) => syncDirectory(folder),
};

/** Makes a folder beneath another; its name, and the names of those between, outlive a power cut. */
export async function makeDurableFolder(disk: LogDisk, above: string, folder: string): Promise<void> {
  await disk.makeFolder(folder);
  for (let made = folder; made.length > above.length; made = dirname(made)) await disk.syncFolder(dirname(made));
}

class LocalFile implements DiskFile {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const isShort = bytes.byteLength <= SHORT_WRITE_BYTES;
    for (let written = 0; written < bytes.byteLength; ) {
      const place = [bytes, written, bytes.byteLength - written, offset + written] as const;
      written += isShort ? writeSync(this.#file.fd, ...place) : (await this.#file.write(...place)).bytesWritten;
    }
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  sync(): Promise<void> {
    // Data only: nobody needs to know after a power cut when a file's times were set.
    return this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
