import type { Fraction, RandomBits } from './random-bits.ts';

/** Bits fetched at a time: a big integer for each coin would cost more than the coin. */
const WORDS_COUNT = 256;
const WORD_BITS = 32;
/** Hexadecimal digits of a word. */
const WORD_DIGITS = 8;

/** Coins and small integers out of uniform bits, of which none is used twice. */
export class Coins {
  readonly #bits: RandomBits;
  readonly #words = new Uint32Array(WORDS_COUNT);
  #unread = 0;
  #word = 0;
  #left = 0;

  constructor(bits: RandomBits) {
    this.#bits = bits;
  }

  /** A uniform integer of `count` bits, at most 30. */
  take(count: number): number {
    if (this.#left < count) return this.#across(count);
    this.#left -= count;
    const taken = this.#word >>> this.#left;
    this.#word &= (1 << this.#left) - 1;
    return taken;
  }

  /** A uniform integer below a bound of at most 2^30, by rejection: a remainder would favour small numbers. */
  below(bound: number): number {
    if (bound === 1) return 0;
    const count = WORD_BITS - Math.clz32(bound - 1);
    for (;;) {
      const value = this.take(count);
      if (value < bound) return value;
    }
  }

  /** True with probability exp(-1), exactly. */
  flipInverseOfE(): boolean {
    let term = 1;
    while (this.below(term) === 0) term += 1;
    return term % 2 === 1;
  }

  /** True with probability exp(-gamma) for 0 ≤ gamma ≤ 1, exactly: the alternating series, a coin a term. */
  flipExponential(gamma: Chance): boolean {
    let term = 1;
    // A chance of gamma / term is one of gamma and one of 1 / term, both.
    while (gamma.flip(this) && this.below(term) === 0) term += 1;
    return term % 2 === 1;
  }

  #across(count: number): number {
    const high = this.#word;
    const missing = count - this.#left;
    if (this.#unread === 0) this.#refill();
    this.#unread -= 1;
    this.#word = this.#words[this.#unread] ?? 0;
    // Spent randomness is not kept: a later memory disclosure must not tell the noise of an earlier release.
    this.#words[this.#unread] = 0;
    this.#left = WORD_BITS;
    return (high << missing) | this.take(missing);
  }

  #refill(): void {
    this.#unread = WORDS_COUNT;
    if (this.#bits.fill !== undefined) {
      this.#bits.fill(this.#words);
      return;
    }
    const digits = this.#bits
      .draw(WORDS_COUNT * WORD_BITS)
      .toString(16)
      .padStart(WORDS_COUNT * WORD_DIGITS, '0');
    for (let i = 0; i < WORDS_COUNT; i += 1) {
      this.#words[i] = Number.parseInt(digits.slice(i * WORD_DIGITS, (i + 1) * WORD_DIGITS), 16);
    }
  }
}

/** Digits of a chance that are compared at once: they hardly ever are all the same, and more would be drawn for nothing. */
export const CHANCE_DIGITS_COUNT = 16;

/**
 * A chance between 0 and 1, by its binary digits: uniform ones are compared with them, some at a time, until they differ.
 *
 * Exact: digits that are the same so far say nothing, and the next are looked at.
 */
export class Chance {
  readonly #first: number;
  readonly #rest: () => Fraction;

  /** @param rest the chance that is left below the first digits, in units of their last */
  constructor(first: number, rest: () => Fraction) {
    this.#first = first;
    this.#rest = rest;
  }

  static of({ numerator, denominator }: Fraction): Chance {
    const shifted = numerator << BigInt(CHANCE_DIGITS_COUNT);
    const first = shifted / denominator;
    return new Chance(Number(first), () => ({ numerator: shifted - first * denominator, denominator }));
  }

  flip(coins: Coins): boolean {
    const drawn = coins.take(CHANCE_DIGITS_COUNT);
    if (drawn !== this.#first) return drawn < this.#first;
    return Chance.of(this.#rest()).flip(coins);
  }
}
