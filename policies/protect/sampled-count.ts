import { CONFIDENCE_RATIO } from '../plan/explain-plan.ts';
import { halfWidth } from './gaussian-tail.ts';

/** A noisy number of persons with its 95 % interval. */
export interface SampledEstimate {
  readonly persons: bigint;
  readonly ci95Low: bigint;
  readonly ci95High: bigint;
}

/** Standard deviations that 95 % lie within. */
const DEVIATIONS_OF_95_RATIO = 1.96;

/**
 * How many persons there are in all, from a noisy count of one in so many.
 *
 * The interval holds the noise, times the share, and the luck of the sample: a person is in it by a hash, so that the
 * count is binomial. Only the noisy count and declared facts are read here.
 */
export function estimateFromSample(count: bigint, variance: number, oneIn: bigint): SampledEstimate {
  const persons = count * oneIn;
  const width = oneIn === 1n ? halfWidth(variance, CONFIDENCE_RATIO) : sampledWidth(persons, variance, Number(oneIn));
  const [low, high] = [persons - width, persons + width];
  return { persons, ci95Low: low < 0n ? 0n : low, ci95High: high < 0n ? 0n : high };
}

function sampledWidth(persons: bigint, variance: number, oneIn: number): bigint {
  // One more than none: what was not found in a sample may be there all the same.
  const spread = (oneIn - 1) * Math.max(Number(persons), oneIn);
  return BigInt(Math.ceil(DEVIATIONS_OF_95_RATIO * Math.sqrt(oneIn * oneIn * variance + spread)));
}
