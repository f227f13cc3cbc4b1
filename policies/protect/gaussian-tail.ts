/**
 * Tails of the discrete Gaussian: release thresholds and confidence intervals.
 *
 * Up to a deviation of {@link EXACT_DEVIATION_UNITS} the probabilities are summed term by term. Beyond, the tail is
 * bounded from above by the continuous one (Canonne, Kamath, Steinke 2020, Proposition 25): thresholds only get safer.
 */

/** Largest standard deviation whose tail is summed exactly: some ten thousand terms, a fraction of a millisecond. */
const EXACT_DEVIATION_UNITS = 1_000;
/** Thresholds that are kept: those of the prices that one service's members like to ask at. */
const MAX_KEPT_THRESHOLDS_COUNT = 1_000;

const keptThresholds = new Map<string, bigint>();

/** Deviations after which the terms are below the smallest double. */
const REACH_DEVIATIONS = 38;

/** The smallest integer t ≥ 1 with P(noise ≥ t) at most `probability`. */
export function tailThreshold(sigmaSquared: number, probability: number): bigint {
  const key = `${sigmaSquared} ${probability}`;
  const known = keptThresholds.get(key);
  if (known !== undefined) return known;
  const threshold = findThreshold(sigmaSquared, probability);
  if (keptThresholds.size === MAX_KEPT_THRESHOLDS_COUNT) keptThresholds.clear();
  keptThresholds.set(key, threshold);
  return threshold;
}

function findThreshold(sigmaSquared: number, probability: number): bigint {
  const sigma = Math.sqrt(sigmaSquared);
  if (sigma > EXACT_DEVIATION_UNITS) return continuousThreshold(sigma, probability);
  const weight = (x: number): number => Math.exp(-(x * x) / (2 * sigmaSquared));
  const reach = Math.ceil(REACH_DEVIATIONS * sigma) + 1;
  let positive = 0;
  for (let x = reach; x >= 1; x -= 1) positive += weight(x);
  const total = 1 + 2 * positive;
  // From the far end inwards: small terms are added first, so that none is lost.
  let tail = 0;
  for (let x = reach; x >= 1; x -= 1) {
    tail += weight(x);
    if (tail / total > probability) return BigInt(x + 1);
  }
  return 1n;
}

/** Half the width of the smallest interval around the noisy value that holds the true one with this confidence. */
export function halfWidth(sigmaSquared: number, confidence: number): bigint {
  return tailThreshold(sigmaSquared, (1 - confidence) / 2) - 1n;
}

function continuousThreshold(sigma: number, probability: number): bigint {
  // Mills' bound: the tail at z is at most the density at z divided by z.
  const bound = (z: number): number => Math.exp(-(z * z) / 2) / (z * Math.sqrt(2 * Math.PI));
  let low = 0.01;
  let high = REACH_DEVIATIONS;
  for (let step = 0; step < 200; step += 1) {
    const middle = (low + high) / 2;
    if (bound(middle) <= probability) high = middle;
    else low = middle;
  }
  return BigInt(Math.ceil(high * sigma)) + 1n;
}
