import { deviationsFor } from './normal-law.ts';

/** A released number, and the variance of the noise on it. */
export interface NoisyNumber {
  readonly value: number;
  /** Of the protection's noise alone; from declared facts, never from data. */
  readonly noiseVariance: number;
}

/** A number with the interval in which it lies 95 times in 100, by chance and by noise. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What was released of one group of persons. */
export interface ArmCounts {
  readonly persons: NoisyNumber;
  /** The sum over its persons of what each did. */
  readonly total: NoisyNumber;
  /** The sum of the squares; `null` where it was not asked for, as between 0 and 1 the bounds say as much. */
  readonly squares: NoisyNumber | null;
  /** Least and most that one person counts in the total. */
  readonly bounds: { readonly low: number; readonly high: number };
}

/** The share of intervals that hold the truth. */
export const CONFIDENCE_RATIO = 0.95;
/**
 * The share of an interval's error that goes to how widely persons differ, where that is itself known with noise only: a
 * spread that noise made look small would make every interval too short.
 */
const SPREAD_SHARE_RATIO = 0.2;
/** Numbers with noise that the spread is computed from; each may err with its part of that share, on one side. */
const SPREAD_NUMBERS_COUNT = 3;

/** An interval at any confidence: what differences and their p-values are built on. */
export type RateAt = (errorRatio: number) => Interval | null;

/**
 * The rate of an arm, total by person, as an interval for any error.
 *
 * Two kinds of chance are in it at once. The persons stand for all who might have been in the arm (sampling), and total
 * and count carry noise (protection). The interval is the set of rates p for which `total - p · persons` is within its
 * own deviations of zero: between 0 and 1 without noise that is Wilson's score interval, with noise and without sampling
 * it is Fieller's, and with both it is the roots of one quadratic. `null` where the count is lost in its noise.
 *
 * Source: Wilson, "Probable Inference" (1927); Fieller, "Some Problems in Interval Estimation" (1954). Proof:
 * policies/effect/coverage.law.test.ts counts how often the intervals hold the truth.
 */
export function rateOf(arm: ArmCounts): RateAt {
  return (errorRatio) => {
    if (arm.squares === null) return rateAt(arm, null, errorRatio);
    const given = errorRatio * SPREAD_SHARE_RATIO;
    return rateAt(arm, meanSquareOf(arm, arm.squares, given), errorRatio - given);
  };
}

/** The rate of an arm with its 95 % interval; `null` where it is lost in its noise. */
export function estimateOf(arm: ArmCounts): Interval | null {
  return rateOf(arm)(1 - CONFIDENCE_RATIO);
}

/** A number that is no sample of anything: only noise is in its interval. */
export function noisyInterval({ value, noiseVariance }: NoisyNumber): Interval {
  const width = deviationsFor(1 - CONFIDENCE_RATIO) * Math.sqrt(noiseVariance);
  return { value, low: value - width, high: value + width };
}

/** Persons: a number that is no sample of anything either, and never negative. */
export function personsOf(persons: NoisyNumber): Interval {
  const { value, low, high } = noisyInterval(persons);
  return { value, low: Math.max(0, low), high: Math.max(0, high) };
}

/** @param meanSquare the most that the mean of the squares may be; `null` where the bounds decide */
function rateAt(arm: ArmCounts, meanSquare: number | null, errorRatio: number): Interval | null {
  const { persons, total, bounds } = arm;
  const z = deviationsFor(errorRatio);
  const n = persons.value;
  const held = Math.min(bounds.high, Math.max(bounds.low, total.value / n));
  if (n <= z * Math.sqrt(persons.noiseVariance)) return null;
  // Variance of one person as a polynomial in p: the mean square less p squared, or (high - p)(p - low), the most that
  // anything between these bounds can have (Bhatia and Davis), and exactly p(1 - p) for what is 0 or 1.
  const [constant, linear, square] =
    meanSquare === null
      ? [-bounds.low * bounds.high, bounds.low + bounds.high, -1]
      : [Math.max(0, meanSquare - held * held), 0, 0];
  const a = n * n - z * z * (persons.noiseVariance + n * square);
  const b = 2 * total.value * n + z * z * n * linear;
  const c = total.value * total.value - z * z * (total.noiseVariance + n * constant);
  if (a <= 0) return null;
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c));
  const within = (p: number): number => Math.min(bounds.high, Math.max(bounds.low, p));
  const low = within((b - root) / (2 * a));
  const high = within((b + root) / (2 * a));
  return { value: held, low: Math.min(low, held), high: Math.max(high, held) };
}

/**
 * The most that the mean of the squares is, but for an error that was set aside: from the released squares, or from the
 * total and the bounds (y² ≤ (low + high) · y - low · high between them), whichever says less.
 */
function meanSquareOf({ persons, total, bounds }: ArmCounts, squares: NoisyNumber, errorRatio: number): number {
  const z = deviationsFor((2 * errorRatio) / SPREAD_NUMBERS_COUNT);
  const fewest = Math.max(1, persons.value - z * Math.sqrt(persons.noiseVariance));
  const most = (number: NoisyNumber): number => number.value + z * Math.sqrt(number.noiseVariance);
  const { low, high } = bounds;
  const bySquares = most(squares) / fewest;
  const byTotal = ((low + high) * most(total)) / fewest - low * high;
  const largest = Math.max(low * low, high * high);
  return Math.max(0, Math.min(largest, bySquares, low + high >= 0 ? byTotal : largest));
}
