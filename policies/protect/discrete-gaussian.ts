/**
 * Exact discrete Gaussian noise, in integers from the first bit to the last.
 *
 * Floating-point noise leaks through its lowest bits (Mironov 2012); here every coin is an exact fraction.
 * Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020), algorithms 1 to 3.
 * Proof: discrete-gaussian.test.ts holds the law against its exact probabilities.
 */
import { Chance, Coins } from './coins.ts';
import type { Fraction, RandomBits } from './random-bits.ts';

export type { Fraction, RandomBits };

/**
 * Integer noise of one variance from the discrete Gaussian distribution.
 *
 * Shape: each draw is an integer of either sign, mean 0, P(x) proportional to exp(-x^2 / (2 sigma^2)).
 * Units: `sigmaSquared` in squares of the statistic's unit.
 *
 * @throws {RangeError} when `sigmaSquared` is not positive
 */
export class DiscreteGaussian {
  readonly #candidates: DiscreteLaplace;
  readonly #numerator: bigint;
  /** Denominators of |y| - sigma^2 / t, and of its square over 2 sigma^2. */
  readonly #step: bigint;
  readonly #denominator: bigint;
  readonly #coins: Coins;

  constructor({ numerator: n, denominator: d }: Fraction, bits: RandomBits, coins = new Coins(bits)) {
    if (n <= 0n || d <= 0n) throw new RangeError('sigmaSquared must be positive');
    const scale = floorSqrt(n / d) + 1n;
    this.#candidates = new DiscreteLaplace(scale, bits, coins);
    this.#numerator = n;
    this.#step = scale * d;
    this.#denominator = 2n * n * d * scale * scale;
    this.#coins = coins;
  }

  draw(): bigint {
    for (;;) {
      const candidate = this.#candidates.draw();
      const offset = (candidate < 0n ? -candidate : candidate) * this.#step - this.#numerator;
      if (this.#isTaken(offset * offset)) return candidate;
    }
  }

  /** True with probability exp(-square / denominator), exactly. */
  #isTaken(square: bigint): boolean {
    let numerator = square;
    while (numerator > this.#denominator) {
      if (!this.#coins.flipInverseOfE()) return false;
      numerator -= this.#denominator;
    }
    return this.#coins.flipExponential(new Chance({ numerator, denominator: this.#denominator }));
  }
}

/** Draws once, where no other draw has the same variance: see {@link DiscreteGaussian}. */
export function drawDiscreteGaussian(sigmaSquared: Fraction, bits: RandomBits): bigint {
  return new DiscreteGaussian(sigmaSquared, bits).draw();
}

/** Scales up to this are drawn in small integers. */
const MAX_SMALL_SCALE_COUNT = 1n << 30n;

/** The discrete Laplace distribution with a whole scale: P(x) proportional to exp(-|x| / scale). */
export class DiscreteLaplace {
  readonly #scale: bigint;
  readonly #bits: RandomBits;
  readonly #coins: Coins;

  constructor(scale: bigint, bits: RandomBits, coins = new Coins(bits)) {
    this.#scale = scale;
    this.#bits = bits;
    this.#coins = coins;
  }

  draw(): bigint {
    const coins = this.#coins;
    for (;;) {
      const remainder = this.#drawRemainder();
      if (remainder === null) continue;
      let quotient = 0;
      while (coins.flipInverseOfE()) quotient += 1;
      const size = remainder + this.#scale * BigInt(quotient);
      const isNegative = coins.take(1) === 1;
      // Zero has one representation, or it would come twice as often.
      if (isNegative && size === 0n) continue;
      return isNegative ? -size : size;
    }
  }

  /** A uniform remainder r of the scale, which is taken with probability exp(-r / scale); `null` where it is not. */
  #drawRemainder(): bigint | null {
    if (this.#scale > MAX_SMALL_SCALE_COUNT) {
      const numerator = drawBelow(this.#scale, this.#bits);
      return this.#coins.flipExponential(new Chance({ numerator, denominator: this.#scale })) ? numerator : null;
    }
    const scale = Number(this.#scale);
    const remainder = this.#coins.below(scale);
    let term = 1;
    while (this.#coins.below(scale) < remainder && this.#coins.below(term) === 0) term += 1;
    return term % 2 === 1 ? BigInt(remainder) : null;
  }
}

/** A uniform integer below a bound, by rejection: a remainder would favour small numbers. */
export function drawBelow(bound: bigint, bits: RandomBits): bigint {
  if (bound === 1n) return 0n;
  const count = (bound - 1n).toString(2).length;
  for (;;) {
    const value = bits.draw(count);
    if (value < bound) return value;
  }
}

/** The largest integer whose square is at most `value`. */
export function floorSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
