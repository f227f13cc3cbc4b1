import { expect } from 'vitest';
import { effortOf } from './effort.ts';
import { systemBits } from './run-plan.ts';

/** Whether the long campaign was asked for: the same games with ten times the rounds. */
export const isLongCampaign = process.env.GALLEY_LONG === '1';

/** Rounds of a game that is played in this process. */
const ROUND_COUNT = isLongCampaign ? 200_000 : 20_000;

/**
 * Rounds of a game whose bound leaves a fifth or more over what an honest mechanism shows: its upper limit lies 0.067 over
 * what was measured, which is then nine deviations below the bound.
 */
export const FEW_ROUNDS: number = effortOf(5_000, ROUND_COUNT, ROUND_COUNT);

/**
 * An advantage that a game of that many rounds can tell from none: its upper limit lies 0.034 over what was measured, and
 * what is measured lies six deviations below, so that an honest mechanism is not accused by chance.
 */
export const UNSEEN_ADVANTAGE = 0.08;

/** How often a confidence limit of a game may be wrong, and so an honest mechanism be accused: once in a million. */
const FALSE_ALARM_RATIO = 1e-6;

/** Two worlds that differ in one person, and an adversary who is shown one of them and guesses. */
export interface Game<Seen> {
  /** What is seen of a world that holds the person. */
  readonly with: () => Seen | Promise<Seen>;
  /** What is seen of the world without the person. */
  readonly without: () => Seen | Promise<Seen>;
  /** True for "the person is there". */
  readonly guess: (seen: Seen) => boolean;
  readonly rounds?: number;
}

/** What came of a game: twice the share of right guesses minus one, between the limits of its confidence interval. */
export interface Outcome {
  readonly advantage: number;
  readonly lower: number;
  readonly upper: number;
  readonly rounds: number;
}

/** Plays a game: a fair coin chooses the world of each round. */
export async function play<Seen>(game: Game<Seen>): Promise<Outcome> {
  const rounds = game.rounds ?? ROUND_COUNT;
  let right = 0;
  for (let round = 0; round < rounds; round += 1) {
    const isWith = systemBits.draw(1) === 1n;
    const seen = await (isWith ? game.with() : game.without());
    if (game.guess(seen) === isWith) right += 1;
  }
  return outcomeOf(right, rounds);
}

/** The outcome of that many right guesses. */
export function outcomeOf(right: number, rounds: number): Outcome {
  const [low, high] = shareLimits(right, rounds);
  return { advantage: (2 * right) / rounds - 1, lower: 2 * low - 1, upper: 2 * high - 1, rounds };
}

/**
 * Asserts that an adversary gained no more than a bound: not even the upper limit of what was measured is over it.
 *
 * Use it where the bound leaves room for the error of the measurement; else {@link expectNotOver}.
 */
export function expectBelow(id: string, outcome: Outcome, bound: number): void {
  report(id, outcome, bound);
  expect(outcome.upper, `${id}: advantage ${outcome.advantage}`).toBeLessThanOrEqual(bound);
}

/** Asserts that what was measured does not prove an advantage over a bound: its lower limit is not over it. */
export function expectNotOver(id: string, outcome: Outcome, bound: number): void {
  report(id, outcome, bound);
  expect(outcome.lower, `${id}: advantage ${outcome.advantage}`).toBeLessThanOrEqual(bound);
}

/** Asserts that a game without chance shows the same in both worlds: an advantage of exactly zero. */
export function expectSame(id: string, withPerson: unknown, without: unknown, message = id): void {
  expect(withPerson, message).toEqual(without);
}

function report(id: string, { advantage, upper, rounds }: Outcome, bound: number): void {
  if (!isLongCampaign && process.env.GALLEY_SHOW_GAMES !== '1') return;
  const figures = [advantage, upper, bound].map((x) => x.toFixed(4));
  process.stdout.write(
    `${id}: advantage ${figures[0]}, at most ${figures[1]} (bound ${figures[2]}), ${rounds} rounds\n`,
  );
}

/**
 * The most that any adversary gains against (epsilon, delta)-differential privacy. Source: Kairouz, Oh, Viswanath 2015.
 */
export function advantageBound(epsilon: number, delta: number): number {
  return (Math.exp(epsilon) - 1 + 2 * delta) / (Math.exp(epsilon) + 1);
}

/**
 * The most that any adversary gains against a loss of `rho` in zero-concentrated privacy: Pinsker's inequality, as the
 * divergence of the two worlds is at most rho.
 */
export function zcdpAdvantageBound(rho: number): number {
  return Math.sqrt(rho / 2);
}

/** Limits of a share by Clopper and Pearson (1934): each is wrong at most once in {@link FALSE_ALARM_RATIO}. */
export function shareLimits(successes: number, trials: number): readonly [number, number] {
  const low = successes === 0 ? 0 : bisect((p) => 1 - binomialAtMost(successes - 1, trials, p) > FALSE_ALARM_RATIO);
  const high = successes === trials ? 1 : bisect((p) => binomialAtMost(successes, trials, p) < FALSE_ALARM_RATIO);
  return [low, high];
}

/** Where a claim that is false for small shares and true for large ones becomes true. */
function bisect(isOver: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (isOver(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function binomialAtMost(most: number, trials: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return 0;
  let logTerm = trials * Math.log1p(-p);
  const logOdds = Math.log(p) - Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= most; k += 1) {
    logTerm += Math.log((trials - k + 1) / k) + logOdds;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** The correlation of two series of one length. */
export function correlationOf(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    ab += (x - meanA) * (y - meanB);
    aa += (x - meanA) ** 2;
    bb += (y - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** The variance of a series around its mean. */
export function varianceIn(series: readonly number[]): number {
  const mean = meanOf(series);
  return series.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (series.length - 1);
}

function meanOf(series: readonly number[]): number {
  return series.reduce((sum, x) => sum + x, 0) / series.length;
}
