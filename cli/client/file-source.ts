import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { SourceDigest, UploadSource } from './upload-source.ts';

const readBytes = 1024 * 1024;

/** What tells one state of a file from another without reading it. */
export interface FileMark {
  readonly byteCount: number;
  readonly modifiedNs: bigint;
}

/** Thrown when a file changed while it was read: what was sent is neither its old nor its new state. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

/** A file that is sent from any place, and hashed once on the way. */
export class FileSource implements UploadSource, AsyncDisposable {
  readonly path: string;
  readonly mark: FileMark;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #hashedTo = 0;

  private constructor(path: string, handle: FileHandle, mark: FileMark) {
    this.path = path;
    this.#handle = handle;
    this.mark = mark;
  }

  /** Opens a file. @throws {Error} when it cannot be read */
  static async open(path: string): Promise<FileSource> {
    const handle = await open(path, 'r');
    return new FileSource(path, handle, await markOf(handle));
  }

  get byteCount(): number {
    return this.mark.byteCount;
  }

  async *read(from: number): AsyncIterable<Uint8Array> {
    await this.#hashTo(from);
    for (let at = from; at < this.byteCount; ) {
      const piece = await this.#pieceAt(at);
      this.#note(at, piece);
      at += piece.length;
      yield piece;
    }
  }

  async digest(): Promise<SourceDigest> {
    await this.#hashTo(this.byteCount);
    await this.assertUnchanged();
    return { byteCount: BigInt(this.byteCount), sha256: this.#hash.copy().digest() };
  }

  /** @throws {FileChanged} when somebody has written to the file since it was opened */
  async assertUnchanged(): Promise<void> {
    const now = await markOf(this.#handle);
    if (now.byteCount === this.mark.byteCount && now.modifiedNs === this.mark.modifiedNs) return;
    throw new FileChanged(`\`${this.path}\` was written to while it was read; upload it when it is finished`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #hashTo(end: number): Promise<void> {
    while (this.#hashedTo < end) {
      const at = this.#hashedTo;
      this.#note(at, await this.#pieceAt(at));
    }
  }

  // Two readers may overlap for a moment, when a call has failed and the next has begun: each byte counts once.
  #note(at: number, piece: Uint8Array): void {
    if (at > this.#hashedTo || at + piece.length <= this.#hashedTo) return;
    this.#hash.update(piece.subarray(this.#hashedTo - at));
    this.#hashedTo = at + piece.length;
  }

  async #pieceAt(at: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(Math.min(readBytes, this.byteCount - at));
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) {
      throw new FileChanged(`\`${this.path}\` became shorter while it was read; upload it when it is finished`);
    }
    return buffer.subarray(0, bytesRead);
  }
}

async function markOf(handle: FileHandle): Promise<FileMark> {
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  return { byteCount: Number(size), modifiedNs: mtimeNs };
}
