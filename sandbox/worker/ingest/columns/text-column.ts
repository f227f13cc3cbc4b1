import { encodeColumnChunk, type TextValues } from '../../../wire/column-chunk.ts';
import type { IngestColumn } from '../../../wire/jobs.ts';
import type { RejectReason } from '../../../wire/reasons.ts';
import type { RawValue } from '../raw-value.ts';
import { acceptValue } from '../raw-values.ts';
import { isRejection, MAX_TEXT_LENGTH_CHARS } from '../text-values.ts';
import { ByteDictionary, MAX_ENTRY_BYTES } from './byte-dictionary.ts';
import { Presence } from './presence.ts';
import type { HeldBytes, RunColumn } from './run-column.ts';

/** A dictionary costs an index of 2 bytes a row where plain text costs an offset of 4; it pays as soon as texts repeat. */
const MAX_DICTIONARY_SHARE_RATIO = 0.5;

/** Rows after which texts that do not repeat are no longer looked up. */
const TRIAL_ROWS_COUNT = 4_096;

/** A longer text is copied by the machine's own means; below, a loop is faster than the call. */
const SHORT_TEXT_BYTES = 32;

const FIRST_ARENA_BYTES = 65_536;

/**
 * A column of texts. Texts lie one after another as bytes of UTF-8, each once as far as they repeat, and a row is the
 * number of its text: no string is made of what comes in as bytes.
 */
export class TextColumn implements RunColumn {
  readonly #column: IngestColumn;
  readonly #held: HeldBytes;
  readonly #presence = new Presence();
  readonly #dictionary = new ByteDictionary();
  #arena = Buffer.alloc(FIRST_ARENA_BYTES);
  #arenaEnd = 0;
  /** Where each text begins in the arena and how long it is; the first is the empty text of missing values. */
  #starts = new Uint32Array(1);
  #lengths = new Uint32Array(1);
  #entryCount = 1;
  #rowEntries = new Uint32Array(0);
  #isLookedUp = true;
  /** The row whose text was added last without being looked up; set again, it gives its room back. */
  #lastPlainRow = -1;
  /** For each text, its place in the dictionary of the chunk with that number. */
  #places = new Uint32Array(0);
  #chunkOfPlace = new Uint32Array(0);
  #chunkNumber = 0;

  constructor(column: IngestColumn, held: HeldBytes) {
    this.#column = column;
    this.#held = held;
  }

  reserve(rowCapacity: number): void {
    this.#presence.reserve(rowCapacity);
    if (rowCapacity > this.#rowEntries.length) this.#rowEntries = grown(this.#rowEntries, rowCapacity);
  }

  setText(row: number, bytes: Buffer, start: number, end: number, isClean: boolean): RejectReason | null {
    // A text has no more characters than bytes.
    if (!isClean || end - start > MAX_TEXT_LENGTH_CHARS) return this.setRaw(row, bytes.toString('utf8', start, end));
    this.#presence.set(row, true);
    this.#rowEntries[row] = this.#entryOf(row, bytes, start, end);
    return null;
  }

  setRaw(row: number, raw: RawValue): RejectReason | null {
    const cell = acceptValue(this.#column, raw);
    if (isRejection(cell)) return cell.reject;
    this.#presence.set(row, cell !== null);
    if (typeof cell === 'string' && cell !== '') {
      // Halves of a character become what stands for them.
      const bytes = Buffer.from(cell);
      this.#rowEntries[row] = this.#entryOf(row, bytes, 0, bytes.byteLength);
    } else this.#rowEntries[row] = 0;
    return null;
  }

  has(row: number): boolean {
    return this.#presence.has(row);
  }

  textBytes(rows: Uint32Array): number {
    const entries = this.#rowEntries;
    const lengths = this.#lengths;
    let sum = 0;
    for (let index = 0; index < rows.length; index += 1) {
      sum += lengths[entries[rows[index] as number] as number] as number;
    }
    return sum;
  }

  encode(rows: Uint32Array): Uint8Array {
    const values = this.#asDictionary(rows) ?? this.#asPlain(rows);
    return encodeColumnChunk({
      type: this.#column.type,
      rowCount: rows.length,
      validity: this.#presence.bitmap(rows),
      values,
    });
  }

  clear(): void {
    this.#arenaEnd = 0;
    this.#entryCount = 1;
    this.#lastPlainRow = -1;
    this.#isLookedUp = true;
    this.#dictionary.clear();
  }

  #entryOf(row: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.#lastPlainRow === row) this.#undoLast();
    if (!this.#isLookedUp || end - start > MAX_ENTRY_BYTES) {
      this.#lastPlainRow = row;
      return this.#append(bytes, start, end);
    }
    const entries = { arena: this.#arena, starts: this.#starts, lengths: this.#lengths };
    const known = this.#dictionary.find(bytes, start, end, entries);
    if (known >= 0) return known;
    const entry = this.#append(bytes, start, end);
    this.#dictionary.add(entry);
    const isVaried = entry > TRIAL_ROWS_COUNT && entry > (row + 1) * MAX_DICTIONARY_SHARE_RATIO;
    if (isVaried || this.#dictionary.isFull) this.#isLookedUp = false;
    return entry;
  }

  #undoLast(): void {
    this.#entryCount -= 1;
    const length = this.#lengths[this.#entryCount] as number;
    this.#arenaEnd -= length;
    this.#held.count -= length;
    this.#lastPlainRow = -1;
  }

  #append(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const at = this.#arenaEnd;
    const entry = this.#entryCount;
    if (at + length > this.#arena.byteLength) this.#growArena(at + length);
    if (entry >= this.#starts.length) {
      this.#starts = grown(this.#starts, entry * 2);
      this.#lengths = grown(this.#lengths, entry * 2);
    }
    copyText(bytes, start, length, this.#arena, at);
    this.#starts[entry] = at;
    this.#lengths[entry] = length;
    this.#entryCount = entry + 1;
    this.#arenaEnd = at + length;
    this.#held.count += length;
    return entry;
  }

  #growArena(byteCount: number): void {
    const arena = Buffer.alloc(Math.max(byteCount, this.#arena.byteLength * 2));
    arena.set(this.#arena.subarray(0, this.#arenaEnd));
    this.#arena = arena;
  }

  // The texts of these rows in the order in which they first appear; null when too few of them repeat.
  #asDictionary(rows: Uint32Array): TextValues | null {
    const most = Math.floor(rows.length * MAX_DICTIONARY_SHARE_RATIO);
    if (this.#places.length < this.#entryCount) {
      this.#places = new Uint32Array(this.#starts.length);
      this.#chunkOfPlace = new Uint32Array(this.#starts.length);
      this.#chunkNumber = 0;
    }
    this.#chunkNumber += 1;
    const [entries, places, chunks, chunk] = [this.#rowEntries, this.#places, this.#chunkOfPlace, this.#chunkNumber];
    const indices = new Uint16Array(rows.length);
    const distinct = new Uint32Array(most);
    let count = 0;
    for (let index = 0; index < rows.length; index += 1) {
      const entry = entries[rows[index] as number] as number;
      if (chunks[entry] !== chunk) {
        if (count >= most) return null;
        chunks[entry] = chunk;
        places[entry] = count;
        distinct[count] = entry;
        count += 1;
      }
      indices[index] = places[entry] as number;
    }
    return { ...this.#pack(distinct.subarray(0, count)), indices };
  }

  #asPlain(rows: Uint32Array): TextValues {
    const entries = new Uint32Array(rows.length);
    for (let index = 0; index < rows.length; index += 1) {
      entries[index] = this.#rowEntries[rows[index] as number] as number;
    }
    return { ...this.#pack(entries), indices: null };
  }

  #pack(entries: Uint32Array): { offsets: Uint32Array; bytes: Uint8Array } {
    const [starts, lengths] = [this.#starts, this.#lengths];
    const offsets = new Uint32Array(entries.length + 1);
    let end = 0;
    for (let index = 0; index < entries.length; index += 1) {
      end += lengths[entries[index] as number] as number;
      offsets[index + 1] = end;
    }
    const bytes = new Uint8Array(end);
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index] as number;
      copyText(this.#arena, starts[entry] as number, lengths[entry] as number, bytes, offsets[index] as number);
    }
    return { offsets, bytes };
  }
}

function copyText(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > SHORT_TEXT_BYTES) to.set(from.subarray(start, start + length), at);
  else for (let index = 0; index < length; index += 1) to[at + index] = from[start + index] as number;
}

function grown(values: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(length, values.length * 2));
  larger.set(values);
  return larger;
}
