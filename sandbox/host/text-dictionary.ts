import {
  type ColumnChunk,
  decodeColumnChunk,
  encodeColumnChunk,
  isTextValues,
  type TextValues,
} from '../wire/column-chunk.ts';
import { MAX_DICTIONARY_COUNT } from '../wire/column-type.ts';

/** Longest text of a column whose texts a question cuts as keys of groups: a code stands for the whole of what it makes. */
const MAX_KEY_CHARS = 250;

/**
 * Most text of a dictionary, in UTF-8: it is kept as JSON, where a control character of one byte takes six, in a piece that
 * a reader refuses beyond 64 MiB. Quotes and commas of the most texts are below 1 MiB.
 */
const MAX_DICTIONARY_BYTES = 8 * 1024 * 1024;

/** Gathers the texts of a whole column and then writes the column in codes: two passes, and no text made for a row. */
export class TextDictionary {
  readonly #texts = new Set<string>();
  readonly #maxChars: number;
  #byteCount = 0;
  #isTooLarge = false;
  /** In order, once they have been asked for. */
  #ordered: readonly string[] = [];
  #codes: ReadonlyMap<string, number> | null = null;

  /** @param isCut whether questions cut the texts of the column, so that a longer one has no code */
  constructor(isCut = true) {
    this.#maxChars = isCut ? MAX_KEY_CHARS : Number.POSITIVE_INFINITY;
  }

  /** Adds the texts that rows of an encoded chunk have. */
  add(bytes: Uint8Array): void {
    if (this.#isTooLarge) return;
    const chunk = textChunkOf(bytes);
    const used = usedEntries(chunk);
    for (let entry = 0; entry < used.length; entry += 1) {
      if (used[entry] === 0) continue;
      const text = textAt(chunk.values, entry);
      // The length in UTF-16 first: it is known, and never below that in characters.
      if (text.length > this.#maxChars && [...text].length > this.#maxChars) this.#isTooLarge = true;
      if (this.#texts.has(text)) continue;
      this.#texts.add(text);
      this.#byteCount += Buffer.byteLength(text);
    }
    if (this.#byteCount > MAX_DICTIONARY_BYTES) this.#isTooLarge = true;
    if (this.#texts.size <= MAX_DICTIONARY_COUNT && !this.#isTooLarge) return;
    this.#isTooLarge = true;
    this.#texts.clear();
    this.#ordered = [];
  }

  /** All texts in the order of their bytes; null when they are too many or too long for codes, one or all together. */
  texts(): readonly string[] | null {
    if (this.#isTooLarge) return null;
    if (this.#ordered.length < this.#texts.size) {
      const buffers = [...this.#texts].map((text) => Buffer.from(text)).sort(Buffer.compare);
      this.#ordered = buffers.map((text) => text.toString());
    }
    return this.#ordered;
  }

  /**
   * Writes an encoded chunk of text in codes.
   *
   * @throws {Error} when it has a text that was never added, or there is no dictionary
   */
  encode(bytes: Uint8Array): Uint8Array {
    this.#codes ??= new Map(this.texts()?.map((text, code) => [text, code]));
    const chunk = textChunkOf(bytes);
    const { rowCount, validity, values } = chunk;
    const used = usedEntries(chunk);
    const codeOf = new Uint16Array(used.length);
    for (let entry = 0; entry < used.length; entry += 1) {
      if (used[entry] === 0) continue;
      const code = this.#codes.get(textAt(values, entry));
      if (code === undefined) throw new Error('a text is not in the dictionary of its column');
      codeOf[entry] = code;
    }
    const codes = new Uint16Array(rowCount);
    const { indices } = values;
    // Entries that only rows without a value name stay zero, as such rows must be.
    for (let row = 0; row < rowCount; row += 1)
      codes[row] = codeOf[indices === null ? row : (indices[row] as number)] as number;
    if (validity !== null) clearMissing(codes, validity);
    return encodeColumnChunk({ type: { kind: 'code' }, rowCount, validity, values: codes });
  }
}

function textChunkOf(bytes: Uint8Array): ColumnChunk & { values: TextValues } {
  const chunk = decodeColumnChunk(bytes);
  if (!isTextValues(chunk.values)) throw new Error('a chunk holds no texts');
  return { ...chunk, values: chunk.values };
}

/** Which entries a row with a value has: 1 or 0 each. */
function usedEntries({ rowCount, validity, values }: ColumnChunk & { values: TextValues }): Uint8Array {
  const { offsets, indices } = values;
  const used = new Uint8Array(offsets.length - 1);
  for (let row = 0; row < rowCount; row += 1) {
    if (validity !== null && ((validity[row >> 3] as number) & (1 << (row & 7))) === 0) continue;
    used[indices === null ? row : (indices[row] as number)] = 1;
  }
  return used;
}

function clearMissing(codes: Uint16Array, validity: Uint8Array): void {
  for (let row = 0; row < codes.length; row += 1) {
    if (((validity[row >> 3] as number) & (1 << (row & 7))) === 0) codes[row] = 0;
  }
}

function textAt({ offsets, bytes }: TextValues, entry: number): string {
  const from = offsets[entry] as number;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, (offsets[entry + 1] as number) - from).toString();
}
