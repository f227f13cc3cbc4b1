import type { ColumnChunk } from '../../wire/column-chunk.ts';
import { grown, NOTHING, NodeTable } from './node-table.ts';

const FIRST_CAPACITY_COUNT = 1_024;

/** Who is called otherwise than by its own node: entries of a node and its person, eight bytes each and their places. */
export class EntryTable {
  readonly #nodes = new NodeTable();
  #persons: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_CAPACITY_COUNT * 2);

  /** Takes a chunk in which each node is followed by its person. */
  add({ values }: ColumnChunk): void {
    const words = wordsOf(values as BigUint64Array);
    for (let at = 0; at + 3 < words.length; at += 4) {
      const index = this.#nodes.add(words[at] as number, words[at + 1] as number);
      if (index * 2 >= this.#persons.length) this.#persons = grown(this.#persons);
      this.#persons[index * 2] = words[at + 2] as number;
      this.#persons[index * 2 + 1] = words[at + 3] as number;
    }
  }

  get count(): number {
    return this.#nodes.count;
  }

  /** Gives the place of a node's entry, NOTHING for none. */
  find(low: number, high: number): number {
    return this.#nodes.find(low, high);
  }

  /** The node of an entry, low word and high word. */
  nodeAt(index: number): readonly [low: number, high: number] {
    return [this.#nodes.low(index), this.#nodes.high(index)];
  }

  /** Whether an entry names this person. */
  isPerson(index: number, low: number, high: number): boolean {
    return this.#persons[index * 2] === low && this.#persons[index * 2 + 1] === high;
  }

  /** Puts persons in the place of the nodes that have an entry. */
  rename(words: Uint32Array): void {
    for (let at = 0; at + 1 < words.length; at += 2) {
      const index = this.#nodes.find(words[at] as number, words[at + 1] as number);
      if (index === NOTHING) continue;
      words[at] = this.#persons[index * 2] as number;
      words[at + 1] = this.#persons[index * 2 + 1] as number;
    }
  }
}

/** Numbers as their low and high words. */
export function wordsOf(values: BigUint64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}
