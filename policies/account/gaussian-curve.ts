/**
 * The exact privacy curve of continuous Gaussian noise, for showing beside the number that is enforced.
 *
 * It is an estimate here: our noise is discrete, and its curve lies above this one, by up to 1.8 times in delta where
 * the deviation is 1 and by 0.4 percent where it is 14. So it is never enforced.
 * Source: Balle, Wang, "Improving the Gaussian Mechanism for Differential Privacy" (2018), Theorem 8; sums of Gaussian
 * losses are Gaussian: Dong, Roth, Su, "Gaussian Differential Privacy" (2019), Corollary 3.3.
 */

/** Steps of halving an interval of epsilons, to below a double's precision. */
const SEARCH_STEPS = 100;
/** Terms of the series and of the continued fraction of the tail: more change no digit. */
const TAIL_TERMS = 200;

/** The delta of Gaussian noise at an epsilon, for a total loss `rho` = mu^2 / 2. */
export function gaussianDelta(epsilon: number, rho: number): number {
  const mu = Math.sqrt(2 * rho);
  return upperTail(epsilon / mu - mu / 2) - Math.exp(epsilon) * upperTail(epsilon / mu + mu / 2);
}

/** The smallest epsilon whose delta on the curve of Gaussian noise is at most `delta`. */
export function gaussianEpsilon(rho: number, delta: number): number {
  if (rho <= 0 || gaussianDelta(0, rho) <= delta) return 0;
  let low = 0;
  let high = 1;
  while (gaussianDelta(high, rho) > delta) high *= 2;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (gaussianDelta(middle, rho) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The upper tail of the normal distribution, relative precision about 1e-13: a series near 0, beyond it the continued
 * fraction of Mills' ratio (Abramowitz and Stegun 26.2.10 and 26.2.14).
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 3) {
    let fraction = z;
    for (let k = TAIL_TERMS; k >= 1; k -= 1) fraction = z + k / fraction;
    return density / fraction;
  }
  let term = z;
  let sum = z;
  for (let k = 1; k < TAIL_TERMS; k += 1) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 - density * sum;
}
