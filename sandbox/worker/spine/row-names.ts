import { type ColumnChunk, encodeColumnChunk, MAX_CHUNK_ROWS } from '../../wire/column-chunk.ts';
import { NODE_STRIDE_WORDS, type NodeCipher } from './node-cipher.ts';

/** Slots of what was just said: rows of one person stand together, so that a small memory leaves out most repetitions. */
const RECENT_SLOTS_COUNT = 65_536;
const WORDS_PER_LINK = 4;
const WORDS_PER_NODE = 2;

/** An identifier column of the rows: what makes its nodes, and the rank of its kind. */
export interface NamedColumn {
  readonly cipher: NodeCipher;
  readonly rank: number;
}

/** Where what is found goes. */
export interface RowSink {
  /** The node that names each row of a block. */
  nodes(words: Uint32Array, validity: Uint8Array | null): void;
  /** An identifier that names rows beside another on them, by place of their columns. */
  links(top: number, other: number, words: Uint32Array): void;
  /** Identifiers that name rows by themselves. */
  singles(top: number, words: Uint32Array): void;
}

/**
 * Names rows by the highest-ranking identifier on each, and tells which others it stood with.
 *
 * Links go from what names the row to each other identifier, not among these: what is said of a telephone number on a
 * row with an address is that it is with the address. Repetitions may remain.
 */
export class RowNames {
  readonly #columns: readonly NamedColumn[];
  readonly #sink: RowSink;
  /** Places of columns, best rank first. */
  readonly #order: readonly number[];
  readonly #links = new Map<number, WordBuffer>();
  readonly #singles = new Map<number, WordBuffer>();

  constructor(columns: readonly NamedColumn[], sink: RowSink) {
    this.#columns = columns;
    this.#sink = sink;
    this.#order = columns.map((_, place) => place).sort((a, b) => rankAt(columns, a) - rankAt(columns, b) || a - b);
  }

  /** Takes one block of rows: a chunk of digests for each column. */
  take(block: readonly ColumnChunk[]): void {
    const rowCount = block[0]?.rowCount ?? 0;
    const nodes = block.map((chunk, place) => {
      if (chunk.type.kind !== 'digest' || chunk.rowCount !== rowCount) throw new Error('a vault chunk holds digests');
      return (this.#columns[place] as NamedColumn).cipher.nodesOf(chunk.values as Uint8Array);
    });
    const named = new Uint32Array(rowCount * WORDS_PER_NODE);
    let validity: Uint8Array | null = null;
    for (let row = 0; row < rowCount; row += 1) {
      const top = this.#topOf(block, row);
      if (top < 0) {
        validity ??= allPresent(rowCount);
        validity[row >> 3] = (validity[row >> 3] as number) & ~(1 << (row & 7));
        continue;
      }
      const own = nodes[top] as Uint32Array;
      named[row * WORDS_PER_NODE] = own[row * NODE_STRIDE_WORDS] as number;
      named[row * WORDS_PER_NODE + 1] = own[row * NODE_STRIDE_WORDS + 1] as number;
      if (block.length > 1) this.#tell(top, { block, nodes, row });
    }
    this.#sink.nodes(named, validity);
  }

  /** Hands on what is left. */
  finish(): void {
    for (const [key, buffer] of this.#links) this.#flushLinks(key, buffer);
    for (const [top, buffer] of this.#singles) this.#flushSingles(top, buffer);
  }

  #topOf(block: readonly ColumnChunk[], row: number): number {
    for (const place of this.#order) if (hasValue(block[place] as ColumnChunk, row)) return place;
    return -1;
  }

  #tell(top: number, of: { block: readonly ColumnChunk[]; nodes: readonly Uint32Array[]; row: number }): void {
    const { block, nodes, row } = of;
    const at = row * NODE_STRIDE_WORDS;
    const own = nodes[top] as Uint32Array;
    const [low, high] = [own[at] as number, own[at + 1] as number];
    let isAlone = true;
    for (const other of this.#order) {
      if (other === top || !hasValue(block[other] as ColumnChunk, row)) continue;
      isAlone = false;
      const words = nodes[other] as Uint32Array;
      const key = top * this.#columns.length + other;
      const buffer = bufferAt(this.#links, key, WORDS_PER_LINK);
      if (buffer.add(low, high, words[at] as number, words[at + 1] as number)) this.#flushLinks(key, buffer);
    }
    if (!isAlone) return;
    const buffer = bufferAt(this.#singles, top, WORDS_PER_NODE);
    if (buffer.add(low, high, 0, 0)) this.#flushSingles(top, buffer);
  }

  #flushLinks(key: number, buffer: WordBuffer): void {
    const count = this.#columns.length;
    const words = buffer.drain();
    if (words.length > 0) this.#sink.links(Math.floor(key / count), key % count, words);
  }

  #flushSingles(top: number, buffer: WordBuffer): void {
    const words = buffer.drain();
    if (words.length > 0) this.#sink.singles(top, words);
  }
}

/**
 * A chunk of nodes for a file of links or of singles: what they are of stands in front, as one more number.
 *
 * Shape: a chunk of kind `person`; the first value is the place of the naming column and, times 256, of the other one.
 */
export function encodeNodes(top: number, other: number, words: Uint32Array): Uint8Array {
  const values = new BigUint64Array(1 + words.length / 2);
  values[0] = BigInt(top + other * 256);
  new Uint32Array(values.buffer).set(words, 2);
  return encodeColumnChunk({ type: { kind: 'person' }, rowCount: values.length, validity: null, values });
}

/** Reads a chunk of {@link encodeNodes}. */
export function decodeNodes({ values }: ColumnChunk): { top: number; other: number; words: Uint32Array } {
  const numbers = values as BigUint64Array;
  const head = Number(numbers[0]);
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset + 8, (numbers.length - 1) * 2);
  return { top: head % 256, other: Math.floor(head / 256), words };
}

/** Whether a row holds an identifier of a column; read so often that a call of `isPresent` would show. */
function hasValue({ validity }: ColumnChunk, row: number): boolean {
  return validity === null || ((validity[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

function rankAt(columns: readonly NamedColumn[], place: number): number {
  return (columns[place] as NamedColumn).rank;
}

function allPresent(rowCount: number): Uint8Array {
  const validity = new Uint8Array(Math.ceil(rowCount / 64) * 8);
  for (let row = 0; row < rowCount; row += 1) validity[row >> 3] = (validity[row >> 3] as number) | (1 << (row & 7));
  return validity;
}

function bufferAt(buffers: Map<number, WordBuffer>, key: number, width: number): WordBuffer {
  const buffer = buffers.get(key) ?? new WordBuffer(width);
  buffers.set(key, buffer);
  return buffer;
}

/** Gathers entries of two or four words up to a chunk's worth, most repetitions left out. */
class WordBuffer {
  readonly #width: number;
  readonly #words: Uint32Array;
  readonly #recent = new Uint32Array(RECENT_SLOTS_COUNT * WORDS_PER_LINK);
  #length = 0;

  constructor(width: number) {
    this.#width = width;
    // One number less than a chunk holds: what they are of stands in front.
    const entries = Math.floor(((MAX_CHUNK_ROWS - 1) * 2) / width);
    this.#words = new Uint32Array(entries * width);
  }

  /** Adds an entry; tells whether there is no room for another. */
  add(a: number, b: number, c: number, d: number): boolean {
    if (this.#isRepeated(a, b, c, d)) return false;
    const words = this.#words;
    words[this.#length] = a;
    words[this.#length + 1] = b;
    if (this.#width === WORDS_PER_LINK) {
      words[this.#length + 2] = c;
      words[this.#length + 3] = d;
    }
    this.#length += this.#width;
    return this.#length === words.length;
  }

  drain(): Uint32Array {
    const words = this.#words.slice(0, this.#length);
    this.#length = 0;
    return words;
  }

  #isRepeated(a: number, b: number, c: number, d: number): boolean {
    const recent = this.#recent;
    const slot = ((a ^ Math.imul(c, 31)) & (RECENT_SLOTS_COUNT - 1)) * WORDS_PER_LINK;
    if (recent[slot] === a && recent[slot + 1] === b && recent[slot + 2] === c && recent[slot + 3] === d) return true;
    recent[slot] = a;
    recent[slot + 1] = b;
    recent[slot + 2] = c;
    recent[slot + 3] = d;
    return false;
  }
}
