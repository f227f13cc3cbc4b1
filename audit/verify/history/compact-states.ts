import { hash } from 'node:crypto';

/** Slots of a new table; it doubles whenever it is three quarters full. */
const FIRST_SLOTS_COUNT = 1024;
const LARGEST_LOAD_RATIO = 0.75;

/**
 * One byte of state for each of many names, in about twenty bytes a name, however long the names are.
 *
 * A log of ten million entries speaks of some millions of questions, and none may ever be forgotten: a charge that comes
 * years after its answer is what is looked for. Names are told apart by 64 bits of SHA-256. Two that collide can
 * only accuse an honest log, and never hide anything, as states only ever forbid; by chance that is one in millions of
 * logs of that size.
 */
export class CompactStates {
  #high = new Uint32Array(FIRST_SLOTS_COUNT);
  #low = new Uint32Array(FIRST_SLOTS_COUNT);
  #states = new Uint8Array(FIRST_SLOTS_COUNT);
  #count = 0;

  /** The state of a name; 0 when it has none. */
  get(name: string): number {
    const [high, low] = keyOf(name);
    return this.#states[this.#slotOf(high, low)] ?? 0;
  }

  /** Adds bits to the state of a name. */
  add(name: string, bits: number): void {
    const [high, low] = keyOf(name);
    const slot = this.#slotOf(high, low);
    if (this.#states[slot] === 0) {
      this.#high[slot] = high;
      this.#low[slot] = low;
      this.#count += 1;
    }
    this.#states[slot] = (this.#states[slot] ?? 0) | bits;
    if (this.#count > this.#states.length * LARGEST_LOAD_RATIO) this.#grow();
  }

  /** The slot that holds a key, or the free one where it belongs. */
  #slotOf(high: number, low: number): number {
    const mask = this.#states.length - 1;
    let slot = low & mask;
    while (this.#states[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [high, low, states] = [this.#high, this.#low, this.#states];
    this.#high = new Uint32Array(states.length * 2);
    this.#low = new Uint32Array(states.length * 2);
    this.#states = new Uint8Array(states.length * 2);
    for (const [from, state] of states.entries()) {
      if (state === 0) continue;
      const [h, l] = [high[from] ?? 0, low[from] ?? 0];
      const slot = this.#slotOf(h, l);
      this.#high[slot] = h;
      this.#low[slot] = l;
      this.#states[slot] = state;
    }
  }
}

function keyOf(name: string): readonly [number, number] {
  const digest = hash('sha256', name, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}
