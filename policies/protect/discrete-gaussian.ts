/**
 * Exact discrete Gaussian noise, in integers from the first bit to the last.
 *
 * Floating-point noise leaks through its lowest bits (Mironov 2012); here every coin is an exact fraction.
 * Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020), algorithms 1 to 3.
 * Proof: discrete-gaussian.test.ts holds the law against its exact probabilities.
 */
import { CHANCE_DIGITS_COUNT, Chance, Coins } from './coins.ts';
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
  readonly #estimate: ExponentEstimate | null;
  readonly #coins: Coins;

  constructor({ numerator: n, denominator: d }: Fraction, bits: RandomBits, coins = new Coins(bits)) {
    if (n <= 0n || d <= 0n) throw new RangeError('sigmaSquared must be positive');
    // Any scale is right, and one near sigma is seldom refused; below a power of two every number of its bits is.
    const scale = 1n << BigInt(floorSqrt(n / d).toString(2).length);
    this.#candidates = new DiscreteLaplace(scale, bits, coins);
    this.#numerator = n;
    this.#step = scale * d;
    this.#denominator = 2n * n * d * scale * scale;
    this.#estimate = estimateOf(n, d, scale);
    this.#coins = coins;
  }

  draw(): bigint {
    for (;;) {
      const candidate = this.#candidates.drawSize();
      const size = typeof candidate === 'number' && candidate < 0 ? -candidate : candidate;
      const isTaken = typeof size === 'number' ? this.#isSmallTaken(size) : this.#isTaken(size < 0n ? -size : size);
      if (isTaken) return BigInt(candidate);
    }
  }

  /**
   * The same where doubles tell the first digits of the exponent for certain: digits within their error are computed
   * exactly, and so are all that follow. Nothing is decided by a double that could be another.
   */
  #isSmallTaken(size: number): boolean {
    const digits = this.#estimate === null ? null : firstDigits(size, this.#estimate);
    if (digits === null) return this.#isTaken(BigInt(size));
    const { whole, first } = digits;
    for (let i = 0; i < whole; i += 1) if (!this.#coins.flipInverseOfE()) return false;
    const rest = (): Fraction => this.#below(BigInt(size), BigInt(whole), BigInt(first));
    return this.#coins.flipExponential(new Chance(first, rest));
  }

  /** True with probability exp(-exponent), exactly. */
  #isTaken(size: bigint): boolean {
    let numerator = this.#square(size);
    while (numerator > this.#denominator) {
      if (!this.#coins.flipInverseOfE()) return false;
      numerator -= this.#denominator;
    }
    return this.#coins.flipExponential(Chance.of({ numerator, denominator: this.#denominator }));
  }

  /** What is left of an exponent below its first digits. */
  #below(size: bigint, whole: bigint, first: bigint): Fraction {
    const denominator = this.#denominator;
    const fraction = (this.#square(size) - whole * denominator) << BigInt(CHANCE_DIGITS_COUNT);
    return { numerator: fraction - first * denominator, denominator };
  }

  /** The exponent of a size times the denominator. */
  #square(size: bigint): bigint {
    const offset = size * this.#step - this.#numerator;
    return offset * offset;
  }
}

const CHANCE_DIGITS = 2 ** CHANCE_DIGITS_COUNT;
/** Exponents below this are estimated: hardly any is larger. */
const ESTIMATED_BELOW = 64;
/** Variances of which doubles are far from their ends, as powers of two in either direction. */
const ESTIMATED_BITS = 62n;
/**
 * The error of an estimated exponent up to the largest is below 2^-42, here in units of the last of its first digits.
 *
 * With s for sigma, c for s^2 / t and u for 2^-53, the relative error of one rounded operation: c is below s, as t is above
 * it, and is estimated within 4uc, as it is made of two rounded numbers and a division. |y| is a whole number below 2^53,
 * so that the offset o = |y| - c is within 4us + 2u|o|. An exponent e is o^2 / 2s^2, so that |o| is s times the root of 2e,
 * at most 12s, and o is within 28us. Its square is then within 24s * 28us + (28us)^2 < 700us^2 and e within 350u, and within
 * 8ue = 512u more by the rounding of the square, of 1 / 2s^2 and of their product: below 1,024u = 2^-43 together.
 */
const DIGITS_ERROR = 2 ** (CHANCE_DIGITS_COUNT - 42);

/** What exponents are estimated with, in doubles. */
export interface ExponentEstimate {
  /** sigma^2 / t */
  readonly centre: number;
  /** 1 / (2 sigma^2) */
  readonly inverse: number;
}

/** An estimate of the exponents of a variance n / d and candidates of a scale; `null` where doubles do not reach. */
export function estimateOf(n: bigint, d: bigint, scale: bigint): ExponentEstimate | null {
  const [variance, step] = [Number(n), Number(d * scale)];
  const isNear = n < d << ESTIMATED_BITS && d < n << ESTIMATED_BITS;
  if (!isNear || !Number.isFinite(variance) || !Number.isFinite(step)) return null;
  return { centre: variance / step, inverse: Number(d) / (2 * variance) };
}

/** The whole part of an exponent and the first digits of the rest; `null` where they are within an error of others. */
export function firstDigits(
  size: number,
  { centre, inverse }: ExponentEstimate,
): { readonly whole: number; readonly first: number } | null {
  const offset = size - centre;
  const exponent = offset * offset * inverse;
  if (!(exponent < ESTIMATED_BELOW)) return null;
  const whole = Math.floor(exponent);
  const digits = (exponent - whole) * CHANCE_DIGITS;
  const first = Math.floor(digits);
  const isCertain = digits - first > DIGITS_ERROR && digits - first < 1 - DIGITS_ERROR;
  return isCertain ? { whole, first } : null;
}

/** Draws once, where no other draw has the same variance: see {@link DiscreteGaussian}. */
export function drawDiscreteGaussian(sigmaSquared: Fraction, bits: RandomBits): bigint {
  return new DiscreteGaussian(sigmaSquared, bits).draw();
}

/** Scales up to this are drawn in small integers. */
const MAX_SMALL_SCALE_COUNT = 1n << 30n;
/** Times such a scale it is below 2^52, where every whole number is a double. */
const MAX_SMALL_QUOTIENT_COUNT = 1 << 22;

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
    return BigInt(this.drawSize());
  }

  /** The same, as a number where that holds it. */
  drawSize(): number | bigint {
    const coins = this.#coins;
    for (;;) {
      const remainder = this.#drawRemainder();
      if (remainder === null) continue;
      let quotient = 0;
      while (coins.flipInverseOfE()) quotient += 1;
      const isNegative = coins.take(1) === 1;
      // Zero has one representation, or it would come twice as often.
      if (isNegative && quotient === 0 && (remainder === 0 || remainder === 0n)) continue;
      const size = this.#sizeOf(remainder, quotient);
      return isNegative ? -size : size;
    }
  }

  #sizeOf(remainder: number | bigint, quotient: number): number | bigint {
    if (typeof remainder === 'bigint') return remainder + this.#scale * BigInt(quotient);
    if (quotient < MAX_SMALL_QUOTIENT_COUNT) return remainder + Number(this.#scale) * quotient;
    return BigInt(remainder) + this.#scale * BigInt(quotient);
  }

  /** A uniform remainder r of the scale, which is taken with probability exp(-r / scale); `null` where it is not. */
  #drawRemainder(): number | bigint | null {
    if (this.#scale > MAX_SMALL_SCALE_COUNT) {
      const numerator = drawBelow(this.#scale, this.#bits);
      return this.#coins.flipExponential(Chance.of({ numerator, denominator: this.#scale })) ? numerator : null;
    }
    const scale = Number(this.#scale);
    const remainder = this.#coins.below(scale);
    let term = 1;
    while (this.#coins.below(scale) < remainder && this.#coins.below(term) === 0) term += 1;
    return term % 2 === 1 ? remainder : null;
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
