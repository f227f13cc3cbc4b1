// One JSON object, read by place: only values that a column asks for are ever looked at, and a number is the digits that
// stand there. The parser of the language would make a double of each and strings of all.
import { MAX_NESTING_DEPTH } from '../limits.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const FIRST_PRINTED = 0x20;

/** Keys of an object that are remembered for the next one: those of a wide table. */
const MAX_REMEMBERED_KEYS_COUNT = 1_024;

/** What bytes may be part of a number or a word. */
const WORD_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[-+.0-9A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const PLAIN_INTEGER_LENGTH_BYTES = 15;

/** What a value is; a text that is escaped has to be unescaped before it is one. */
export type JsonKind = 'absent' | 'null' | 'text' | 'escaped-text' | 'number' | 'true' | 'false' | 'nested';

/** What was found of a column in an object. */
export interface FoundValue {
  kind: JsonKind;
  /** Where the value stands; quotes are outside. */
  start: number;
  end: number;
}

/** Reads objects for the values of certain keys. */
export class JsonObjectReader {
  readonly #places: ReadonlyMap<string, readonly number[]>;
  /** For each key of the object before, in its order, its bytes and its columns: objects of a file are mostly alike. */
  readonly #before: { key: Buffer; columns: readonly number[] }[] = [];
  readonly #nesting = new Uint8Array(MAX_NESTING_DEPTH);
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** For each column asked for. */
  readonly values: FoundValue[];

  /** @param keys of the columns, in their order; a key may be asked for twice */
  constructor(keys: readonly string[]) {
    const places = new Map<string, number[]>();
    for (const [column, key] of keys.entries()) places.set(key, [...(places.get(key) ?? []), column]);
    this.#places = places;
    this.values = keys.map(() => ({ kind: 'absent', start: 0, end: 0 }));
  }

  /** Reads the object between two places; tells whether there is exactly one, with each key that is asked for once. */
  read(bytes: Buffer, start: number, end: number): boolean {
    for (const value of this.values) value.kind = 'absent';
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#skipSpace();
    return this.#take(OPEN_OBJECT) && this.#readMembers() && this.#isAtEnd();
  }

  #readMembers(): boolean {
    this.#skipSpace();
    if (this.#take(CLOSE_OBJECT)) return true;
    for (let index = 0; ; index += 1) {
      this.#skipSpace();
      const columns = this.#readKey(index);
      if (columns === null) return false;
      this.#skipSpace();
      if (!this.#take(COLON)) return false;
      this.#skipSpace();
      if (!this.#readValue(columns)) return false;
      this.#skipSpace();
      if (this.#take(CLOSE_OBJECT)) return true;
      if (!this.#take(COMMA)) return false;
    }
  }

  #readKey(index: number): readonly number[] | null {
    const start = this.#at + 1;
    const kind = this.#scanText();
    if (kind === null) return null;
    const end = this.#at - 1;
    const before = this.#before[index];
    if (before !== undefined && kind === 'text' && isSame(before.key, this.#bytes, start, end)) return before.columns;
    const text = this.#bytes.toString('utf8', start, end);
    const columns = this.#places.get(kind === 'text' ? text : unescapeText(text)) ?? [];
    if (kind === 'text' && index <= this.#before.length && index < MAX_REMEMBERED_KEYS_COUNT) {
      this.#before[index] = { key: Buffer.from(this.#bytes.subarray(start, end)), columns };
    }
    return columns;
  }

  #readValue(columns: readonly number[]): boolean {
    const isText = this.#bytes[this.#at] === QUOTE;
    const start = isText ? this.#at + 1 : this.#at;
    const kind = this.#scanValue();
    if (kind === null) return false;
    for (const column of columns) {
      const value = this.values[column] as FoundValue;
      // Which of the two is meant nobody can know.
      if (value.kind !== 'absent') return false;
      value.kind = kind;
      value.start = start;
      value.end = isText ? this.#at - 1 : this.#at;
    }
    return true;
  }

  #scanValue(): JsonKind | null {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === QUOTE) return this.#scanText();
    return byte === OPEN_OBJECT || byte === OPEN_ARRAY ? this.#scanNested() : this.#scanWord();
  }

  #scanText(): 'text' | 'escaped-text' | null {
    if (!this.#take(QUOTE)) return null;
    const bytes = this.#bytes;
    let hasEscapes = false;
    for (let at = this.#at; at < this.#end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        const text = hasEscapes ? bytes.toString('utf8', this.#at, at) : '';
        this.#at = at + 1;
        return hasEscapes ? (isEscapedText(text) ? 'escaped-text' : null) : 'text';
      }
      if (byte < FIRST_PRINTED) return null;
      if (byte === BACKSLASH) {
        hasEscapes = true;
        at += 1;
      }
    }
    return null;
  }

  #scanWord(): JsonKind | null {
    const start = this.#at;
    const bytes = this.#bytes;
    let at = start;
    while (at < this.#end && WORD_BYTES[bytes[at] as number] === 1) at += 1;
    this.#at = at;
    if (isPlainInteger(bytes, start, at)) return 'number';
    const word = bytes.toString('latin1', start, at);
    if (word === 'null' || word === 'true' || word === 'false') return word;
    return NUMBER.test(word) ? 'number' : null;
  }

  // What is inside is nobody's value: where its brackets close it ends, and the parser of the language looks at the rest. It
  // is given nothing before that, as it has no limit of depth.
  #scanNested(): 'nested' | null {
    const start = this.#at;
    for (let depth = 0; this.#at < this.#end; ) {
      const byte = this.#bytes[this.#at] as number;
      if (byte === QUOTE) {
        if (this.#scanText() === null) return null;
        continue;
      }
      this.#at += 1;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === MAX_NESTING_DEPTH) return null;
        this.#nesting[depth] = byte;
        depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1;
        if (this.#nesting[depth] !== (byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_ARRAY)) return null;
        if (depth === 0) return isJson(this.#bytes.toString('utf8', start, this.#at)) ? 'nested' : null;
      }
    }
    return null;
  }

  #take(byte: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  #isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#end;
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    while (this.#at < this.#end && isSpace(bytes[this.#at] as number)) this.#at += 1;
  }
}

/** Whether a byte is white space between the parts of JSON. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The text that stands escaped between quotes. */
export function unescapeText(text: string): string {
  return JSON.parse(`"${text}"`) as string;
}

function isEscapedText(text: string): boolean {
  try {
    unescapeText(text);
    return true;
  } catch {
    return false;
  }
}

function isSame(key: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (key.byteLength !== end - start) return false;
  for (let index = 0; index < key.byteLength; index += 1) if (key[index] !== bytes[start + index]) return false;
  return true;
}

function isPlainInteger(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > PLAIN_INTEGER_LENGTH_BYTES || (bytes[start] === 0x30 && length > 1)) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}
