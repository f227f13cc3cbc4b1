import { encodeColumnChunk } from '../../../wire/column-chunk.ts';
import { DIGEST_BYTES } from '../../../wire/column-type.ts';
import type { IngestColumn } from '../../../wire/jobs.ts';
import type { RejectReason } from '../../../wire/reasons.ts';
import { IdentifierReader } from '../../identifiers/identifier-reader.ts';
import type { RawValue } from '../raw-value.ts';
import { Presence } from './presence.ts';
import type { RunColumn } from './run-column.ts';

const DIGEST_WORDS = DIGEST_BYTES / 4;

/** A column of identifiers: only their digests are kept. */
export class DigestColumn implements RunColumn {
  readonly #reader: IdentifierReader;
  readonly #isNullable: boolean;
  readonly #presence = new Presence();
  #words = new Uint32Array(0);
  #bytes = new Uint8Array(0);

  constructor(column: IngestColumn) {
    this.#reader = new IdentifierReader(column);
    this.#isNullable = column.nullable;
  }

  /** The digests of all rows, 8 words each; a row without one holds anything. */
  get words(): Uint32Array {
    return this.#words;
  }

  reserve(rowCapacity: number): void {
    this.#presence.reserve(rowCapacity);
    if (rowCapacity * DIGEST_WORDS <= this.#words.length) return;
    const words = new Uint32Array(rowCapacity * DIGEST_WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer);
  }

  setText(row: number, bytes: Buffer, start: number, end: number): RejectReason | null {
    return this.#set(row, this.#reader.accept(bytes, start, end));
  }

  setRaw(row: number, raw: RawValue): RejectReason | null {
    return this.#set(row, this.#reader.acceptRaw(raw));
  }

  #set(row: number, digest: Uint8Array | null | RejectReason): RejectReason | null {
    if (typeof digest === 'string') return digest;
    this.#presence.set(row, digest !== null);
    if (digest !== null) this.#bytes.set(digest, row * DIGEST_BYTES);
    return digest === null && !this.#isNullable ? 'missing' : null;
  }

  has(row: number): boolean {
    return this.#presence.has(row);
  }

  textBytes(): number {
    return 0;
  }

  encode(rows: Uint32Array): Uint8Array {
    const words = this.#words;
    const gathered = new Uint32Array(rows.length * DIGEST_WORDS);
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      if (!this.#presence.has(row)) continue;
      for (let word = 0; word < DIGEST_WORDS; word += 1)
        gathered[DIGEST_WORDS * index + word] = words[DIGEST_WORDS * row + word] as number;
    }
    return encodeColumnChunk({
      type: { kind: 'digest' },
      rowCount: rows.length,
      validity: this.#presence.bitmap(rows),
      values: new Uint8Array(gathered.buffer),
    });
  }

  clear(): void {
    // Each row is set before it is read.
  }
}
