import { packTexts } from '../wire/cells.ts';
import { encodeColumnChunk, MAX_CHUNK_BYTES } from '../wire/column-chunk.ts';
import { MAX_DICTIONARY_COUNT, type WireType } from '../wire/column-type.ts';
import type { ColumnSpec } from '../wire/jobs.ts';
import type { HostMessage } from '../wire/messages.ts';

/** Longest text of a dictionary; the longest that a column at rest may have is below it. */
const MAX_TEXT_BYTES = 65_536;

/** Texts of one message, so that even the longest fit. */
const MESSAGE_TEXTS_COUNT = Math.floor(MAX_CHUNK_BYTES / (MAX_TEXT_BYTES + 8)) - 1;

/** The dictionaries of a job, each once however many columns have it. */
export class Dictionaries {
  readonly #lists: (readonly string[])[] = [];

  /**
   * Describes a column to a worker.
   *
   * @throws {TypeError} when a column of codes has no dictionary, or another has one: whoever asks has made both
   */
  specOf({ name, type, dictionary }: { name: string; type: WireType; dictionary?: readonly string[] }): ColumnSpec {
    if ((type.kind === 'code') !== (dictionary !== undefined)) {
      throw new TypeError(`column \`${name}\` has a dictionary without codes, or codes without a dictionary`);
    }
    return dictionary === undefined ? { name, type } : { name, type, dictionary: this.#placeOf(name, dictionary) };
  }

  /** How many texts each has. */
  get counts(): number[] {
    return this.#lists.map((list) => list.length);
  }

  /** Sends the texts of all, in order. */
  async *stream(): AsyncGenerator<HostMessage, void, undefined> {
    for (const [dictionary, list] of this.#lists.entries()) {
      for (let from = 0; from < list.length; from += MESSAGE_TEXTS_COUNT) {
        const texts = list.slice(from, from + MESSAGE_TEXTS_COUNT);
        const values = { ...packTexts(texts), indices: null };
        const chunk = { type: { kind: 'text' as const }, rowCount: texts.length, validity: null, values };
        yield { kind: 'words', dictionary, bytes: encodeColumnChunk(chunk) };
      }
    }
  }

  #placeOf(name: string, dictionary: readonly string[]): number {
    const known = this.#lists.findIndex((list) => isSameList(list, dictionary));
    if (known >= 0) return known;
    if (dictionary.length > MAX_DICTIONARY_COUNT || dictionary.some((t) => Buffer.byteLength(t) > MAX_TEXT_BYTES)) {
      throw new TypeError(`the dictionary of column \`${name}\` has too many texts, or too long ones`);
    }
    return this.#lists.push(dictionary) - 1;
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, at) => text === b[at]));
}
