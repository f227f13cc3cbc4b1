/** Stands for no node, no person and no member. */
export const NOTHING = 0xffff_ffff;

const FIRST_CAPACITY_COUNT = 1_024;
/** Filled beyond this, a search walks too far. */
const MAX_FILL_RATIO = 0.7;
const GROWTH_RATIO = 1.5;
/** Odd constants of the mixing steps of MurmurHash3. */
const MIXERS = [0x85ebca6b, 0xc2b2ae35] as const;

/**
 * Numbers nodes from 0 on, in the order in which they come.
 *
 * Shape: open addressing; about 14 to 20 bytes a node (8 for its name, the rest for its place), where a Map of bigints
 * takes ten times that.
 */
export class NodeTable {
  #low = new Uint32Array(FIRST_CAPACITY_COUNT);
  #high = new Uint32Array(FIRST_CAPACITY_COUNT);
  /** Index + 1 of the node in a slot; 0 for none. */
  #slots = new Uint32Array(FIRST_CAPACITY_COUNT * 2);
  count = 0;

  /** Gives the index of a node, NOTHING when it was never added. */
  find(low: number, high: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = mixed(low, high) & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (index < 0) return NOTHING;
      if (this.#low[index] === low && this.#high[index] === high) return index;
    }
  }

  /** Gives the index of a node, a new one when it was never added. */
  add(low: number, high: number): number {
    if (this.count >= this.#slots.length * MAX_FILL_RATIO) this.#rehash();
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mixed(low, high) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (this.#low[index] === low && this.#high[index] === high) return index;
    }
    slots[slot] = this.count + 1;
    return this.#append(low, high);
  }

  low(index: number): number {
    return this.#low[index] as number;
  }

  high(index: number): number {
    return this.#high[index] as number;
  }

  /** Whether the name of one node is the smaller number. */
  isSmaller(a: number, b: number): boolean {
    const [highA, highB] = [this.high(a), this.high(b)];
    return highA === highB ? this.low(a) < this.low(b) : highA < highB;
  }

  #append(low: number, high: number): number {
    if (this.count === this.#low.length) {
      this.#low = grown(this.#low);
      this.#high = grown(this.#high);
    }
    this.#low[this.count] = low;
    this.#high[this.count] = high;
    this.count += 1;
    return this.count - 1;
  }

  #place(index: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mixed(this.low(index), this.high(index)) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index + 1;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let index = 0; index < this.count; index += 1) this.#place(index);
  }
}

/** A copy with room for half as many again. */
export function grown(words: Uint32Array): Uint32Array<ArrayBuffer> {
  // An even length: pairs are looked at as 64-bit words.
  const larger = new Uint32Array(Math.ceil((words.length * GROWTH_RATIO) / 2) * 2);
  larger.set(words);
  return larger;
}

// Nodes are uniform already; names that tests make up are not.
function mixed(low: number, high: number): number {
  let word = Math.imul(low ^ Math.imul(high, MIXERS[0]), MIXERS[0]);
  word = Math.imul(word ^ (word >>> 13), MIXERS[1]);
  return (word ^ (word >>> 16)) >>> 0;
}
