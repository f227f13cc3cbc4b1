/** A seeded stream of choices: the same inputs for the same seed, to find a failure again. Not for secrets. */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `bound`. Source: the mixing step of SplitMix32. */
  below(bound: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) % bound;
  }

  /** One of the values. */
  of<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to choose from');
    return value;
  }

  /** True once in so many times. */
  onceIn(count: number): boolean {
    return this.below(count) === 0;
  }
}

// The short run of every commit looks at the same inputs each time, or a change would be held up by what it did not do;
// the campaign looks at others each time.
const USUAL_SEED = 13;
const anySeed = process.env.GALLEY_LONG === '1' ? Date.now() % 1_000_000_007 : USUAL_SEED;
/** The seed of a campaign: of GALLEY_SEED, or a usual one. */
export const campaignSeed = Number(process.env.GALLEY_SEED ?? anySeed);
