import { createHash, type Hash } from 'node:crypto';

/** What a whole file was, once all of it has been read. */
export interface SourceDigest {
  readonly byteCount: bigint;
  readonly sha256: Uint8Array;
}

/** Bytes to send, which can be read again from where the service has them. */
export interface UploadSource {
  /** Bytes of the whole; undefined when nobody knows yet. */
  readonly byteCount: number | undefined;
  /** The bytes from `from` on. @throws {Error} when they cannot be read any more */
  read(from: number): AsyncIterable<Uint8Array>;
  /** Reads what has not been read, and says what all of it is. */
  digest(): Promise<SourceDigest>;
}

/**
 * Bytes that come once are kept until the service must have them: more than the largest piece that it loses with its
 * own life (8 MiB), and than what is under way beside it.
 */
const keptBytes = 32 * 1024 * 1024;

/** Bytes that come once, for example from standard input. */
export class StreamSource implements UploadSource {
  readonly byteCount = undefined;
  readonly #bytes: AsyncIterator<Uint8Array>;
  readonly #hash: Hash = createHash('sha256');
  readonly #kept: Uint8Array[] = [];
  #keptFrom = 0;
  #end = 0;
  #pulling: Promise<boolean> | undefined;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes[Symbol.asyncIterator]();
  }

  async *read(from: number): AsyncIterable<Uint8Array> {
    // Reading goes by places, not by calls: a reader that was given up may still be waiting for a piece.
    for (let at = from; ; ) {
      if (at < this.#keptFrom) throw new Error('the input cannot be read again from where the service has it');
      const piece = this.#pieceAt(at);
      if (piece !== undefined) {
        at += piece.length;
        yield piece;
      } else if (!(await this.#pull())) return;
    }
  }

  async digest(): Promise<SourceDigest> {
    while (await this.#pull());
    return { byteCount: BigInt(this.#end), sha256: this.#hash.copy().digest() };
  }

  #pieceAt(at: number): Uint8Array | undefined {
    let start = this.#keptFrom;
    for (const piece of this.#kept) {
      if (at < start + piece.length) return piece.subarray(at - start);
      start += piece.length;
    }
    return undefined;
  }

  async #pull(): Promise<boolean> {
    this.#pulling ??= this.#pullOne().finally(() => {
      this.#pulling = undefined;
    });
    return await this.#pulling;
  }

  async #pullOne(): Promise<boolean> {
    const next = await this.#bytes.next();
    if (next.done) return false;
    this.#hash.update(next.value);
    this.#kept.push(next.value);
    this.#end += next.value.length;
    while (this.#end - this.#keptFrom - (this.#kept[0]?.length ?? 0) >= keptBytes) {
      this.#keptFrom += this.#kept.shift()?.length ?? 0;
    }
    return true;
  }
}
