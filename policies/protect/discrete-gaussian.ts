/**
 * Exact discrete Gaussian noise, in integers from the first bit to the last.
 *
 * Floating-point noise leaks through its lowest bits (Mironov 2012); here every coin is an exact fraction.
 * Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020), algorithms 1 to 3.
 * Proof: discrete-gaussian.test.ts holds the law against its exact probabilities.
 */

/** Where uniform bits come from. The service injects the system's source; tests inject theirs. */
export interface RandomBits {
  /** A uniform integer of `count` bits, 0 ≤ value < 2^count. */
  draw(count: number): bigint;
}

/** A positive fraction. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * Draws integer noise from the discrete Gaussian distribution.
 *
 * Shape: one draw, an integer of either sign, mean 0, P(x) proportional to exp(-x^2 / (2 sigma^2)).
 * Units: `sigmaSquared` in squares of the statistic's unit.
 *
 * @throws {RangeError} when `sigmaSquared` is not positive
 */
export function drawDiscreteGaussian(sigmaSquared: Fraction, bits: RandomBits): bigint {
  const { numerator: n, denominator: d } = sigmaSquared;
  if (n <= 0n || d <= 0n) throw new RangeError('sigmaSquared must be positive');
  const scale = floorSqrt(n / d) + 1n;
  for (;;) {
    const candidate = drawDiscreteLaplace(scale, bits);
    const size = candidate < 0n ? -candidate : candidate;
    // |y| - sigma^2/t, over the common denominator d·t.
    const offset = size * scale * d - n;
    const gamma = { numerator: offset * offset, denominator: 2n * n * d * scale * scale };
    if (flipExponential(gamma, bits)) return candidate;
  }
}

/** Draws from the discrete Laplace distribution with a whole scale: P(x) proportional to exp(-|x| / scale). */
export function drawDiscreteLaplace(scale: bigint, bits: RandomBits): bigint {
  for (;;) {
    const remainder = drawBelow(scale, bits);
    if (!flipExponential({ numerator: remainder, denominator: scale }, bits)) continue;
    let quotient = 0n;
    while (flipExponential({ numerator: 1n, denominator: 1n }, bits)) quotient += 1n;
    const size = remainder + scale * quotient;
    const isNegative = bits.draw(1) === 1n;
    // Zero has one representation, or it would come twice as often.
    if (isNegative && size === 0n) continue;
    return isNegative ? -size : size;
  }
}

/** True with probability exp(-gamma), exactly. */
function flipExponential(gamma: Fraction, bits: RandomBits): boolean {
  let { numerator } = gamma;
  const { denominator } = gamma;
  while (numerator > denominator) {
    if (!flipSmallExponential({ numerator: denominator, denominator }, bits)) return false;
    numerator -= denominator;
  }
  return flipSmallExponential({ numerator, denominator }, bits);
}

/** For 0 ≤ gamma ≤ 1: the alternating series of exp(-gamma), a coin a term. */
function flipSmallExponential(gamma: Fraction, bits: RandomBits): boolean {
  let term = 1n;
  while (flip(gamma.numerator, gamma.denominator * term, bits)) term += 1n;
  return term % 2n === 1n;
}

function flip(numerator: bigint, denominator: bigint, bits: RandomBits): boolean {
  return drawBelow(denominator, bits) < numerator;
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
