import type { Fraction } from '../protect/discrete-gaussian.ts';

/** Digits after the binary point of a noise variance: finer than any noise could show. */
const VARIANCE_FRACTION = 1n << 20n;
/** The same where the unit is a squared sensitivity, which may be found to be a large number of units. */
const RELATIVE_VARIANCE_FRACTION = 1n << 120n;
/**
 * Digits after the binary point of a loss: a double times a power of two is exact, so that only digits beyond are cut.
 */
const RHO_FRACTION_BITS = 100;

/**
 * The variance whose discrete Gaussian costs at most `rho` at a squared L2 sensitivity, in exact numbers: the loss is
 * rounded down and the variance up, or the noise would cost more than it is charged.
 */
export function varianceFor(squaredL2: bigint, rho: number): Fraction {
  return variance(squaredL2, rho, VARIANCE_FRACTION);
}

/** The same for noise that is planned before its sensitivity is known: in units of the squared sensitivity. */
export function relativeVarianceFor(rho: number): Fraction {
  return variance(1n, rho, RELATIVE_VARIANCE_FRACTION);
}

/** A relative variance once the sensitivity is known: rounded up, so that it costs no more than the relative one. */
export function scaledVariance({ numerator, denominator }: Fraction, squaredL2: bigint): Fraction {
  const scaled = numerator * squaredL2 * VARIANCE_FRACTION;
  return { numerator: (scaled + denominator - 1n) / denominator, denominator: VARIANCE_FRACTION };
}

/** A variance as a number, for error estimates. */
export function varianceOf(noise: Fraction): number {
  return Number(noise.numerator) / Number(noise.denominator);
}

function variance(squaredL2: bigint, rho: number, fraction: bigint): Fraction {
  const loss = BigInt(Math.floor(rho * 2 ** RHO_FRACTION_BITS));
  const scaled = squaredL2 * fraction * (1n << BigInt(RHO_FRACTION_BITS));
  return { numerator: scaled / (2n * loss) + 1n, denominator: fraction };
}
