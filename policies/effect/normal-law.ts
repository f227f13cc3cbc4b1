/**
 * The laws that intervals and tests are read from: normal and chi-squared, to about ten digits.
 *
 * Source: Press, Teukolsky, Vetterling, Flannery, "Numerical Recipes" (incomplete gamma function by its series and by
 * its continued fraction). Proof: policies/effect/normal-law.test.ts holds both against published tables.
 */

/** Terms of the series and of the continued fraction; both have converged long before. */
const MAX_TERMS = 10_000;
/** A term that changes less than this is the last. */
const PRECISION_RATIO = 1e-14;
/** Keeps the continued fraction from a division by zero. */
const TINIEST = 1e-300;
/** What is less likely reads as this: doubles end soon below. */
const SMALLEST_PROBABILITY = 1e-300;
/** Tails below this are approximated by another formula than the middle. */
const TAIL_RATIO = 0.02425;

/** The probability that a chi-squared variable of so many degrees of freedom is at least `value`. */
export function chiSquaredTail(value: number, degrees: number): number {
  if (degrees <= 0) return 1;
  return upperGamma(degrees / 2, Math.max(0, value) / 2);
}

/** The probability that a standard normal variable is at least `deviations` away from 0, on either side. */
export function twoSidedTail(deviations: number): number {
  return chiSquaredTail(deviations * deviations, 1);
}

/**
 * The deviations that a standard normal variable exceeds, on either side together, with this probability.
 *
 * A rational approximation, good to nine digits, and one step of Newton's method from it.
 * Source: Acklam, "An algorithm for computing the inverse normal cumulative distribution function" (2003).
 */
export function deviationsFor(probability: number): number {
  if (probability >= 1) return 0;
  const tail = Math.max(probability, SMALLEST_PROBABILITY) / 2;
  const near = tail < TAIL_RATIO ? approximateTail(tail) : approximateCentre(0.5 - tail);
  const density = Math.exp((-near * near) / 2) / Math.sqrt(2 * Math.PI);
  return density === 0 ? near : Math.max(0, near + (twoSidedTail(near) / 2 - tail) / density);
}

const CENTRE_ABOVE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const CENTRE_BELOW = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const TAIL_ABOVE = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

/** By how much a normal variable exceeds its mean where it lies this much of the probability away from the middle. */
function approximateCentre(away: number): number {
  const square = away * away;
  return (away * polynomial(CENTRE_ABOVE, square)) / polynomial(CENTRE_BELOW, square);
}

function approximateTail(tail: number): number {
  const q = Math.sqrt(-2 * Math.log(tail));
  return -polynomial(TAIL_ABOVE, q) / polynomial(TAIL_BELOW, q);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** The regularised upper incomplete gamma function Q(shape, x). */
function upperGamma(shape: number, x: number): number {
  if (x <= 0) return 1;
  if (!Number.isFinite(x)) return 0;
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  return x < shape + 1 ? 1 - front * seriesOf(shape, x) : front * fractionOf(shape, x);
}

function seriesOf(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * PRECISION_RATIO; n += 1) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

/** By Lentz's method. */
function fractionOf(shape: number, x: number): number {
  let b = x + 1 - shape;
  let c = 1 / TINIEST;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < MAX_TERMS; n += 1) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / awayFromZero(a * d + b);
    c = awayFromZero(b + a / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < PRECISION_RATIO) break;
  }
  return h;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINIEST ? TINIEST : value;
}

/** Coefficients of Lanczos' approximation with g = 7. */
const LANCZOS: readonly number[] = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];
const LANCZOS_G = 7;

/** The logarithm of the gamma function, of a positive number. */
function logGamma(x: number): number {
  const [first = 0, ...rest] = LANCZOS;
  const below = x - 1;
  const sum = rest.reduce((total, coefficient, index) => total + coefficient / (below + index + 1), first);
  const t = below + LANCZOS_G + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (below + 0.5) * Math.log(t) - t + Math.log(sum);
}
