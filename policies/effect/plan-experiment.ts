import { spendableOf } from '../account/ledger-account.ts';
import { CONFIDENCE_RATIO } from './noisy-rate.ts';
import { deviationsFor } from './normal-law.ts';

/** An experiment to be. */
export interface PlannedExperiment {
  /** Persons of each of the two arms that are compared, in each segment. */
  readonly personsPerArm: number;
  /** The rate expected without any effect, between 0 and 1. */
  readonly baseRate: number;
  readonly epsilon: number;
  readonly delta: number;
  /** The probability of finding the effect where there is one. */
  readonly powerRatio: number;
  /** Groups (segment and arm) that one person may be in: noise grows with its root. */
  readonly groupsPerPerson: number;
}

/** What could be found. */
export interface Detectable {
  /** The smallest difference of rates that is found with that probability. */
  readonly effect: number;
  /** The same if nothing were protected. */
  readonly effectUnprotected: number;
  /** Persons with whom an arm would find `effect` if nothing were protected. */
  readonly personsUnprotected: number;
}

/** Halvings of a search; a double has 53 bits. */
const SEARCH_STEPS = 80;
/** Numbers that share the epsilon of a measurement of shares: persons and the total. */
const STATISTICS_COUNT = 2;

/**
 * The smallest effect that the measurement would find, from facts that are known before it: no data, no charge.
 *
 * A difference is found when it is z for 5 % away from 0; with a power of 0.8 it must be z for 20 % further. The spread
 * of the measured difference has the drawing of both arms and the noise on both counts and both totals.
 */
export function detectableEffect(experiment: PlannedExperiment): Detectable {
  const { personsPerArm: persons, baseRate } = experiment;
  const noise = noiseVarianceOf(experiment);
  const needed = deviationsFor(1 - CONFIDENCE_RATIO) + oneSidedDeviations(experiment.powerRatio);
  const found = (variance: number) => (effect: number) => {
    const variances = [baseRate, baseRate + effect].map((rate) => armVariance(rate, persons, variance));
    return effect >= needed * Math.sqrt((variances[0] ?? 0) + (variances[1] ?? 0));
  };
  const effect = smallest(found(noise), 1 - baseRate);
  const drawn = baseRate * (1 - baseRate) + (baseRate + effect) * (1 - baseRate - effect);
  return {
    effect,
    effectUnprotected: smallest(found(0), 1 - baseRate),
    personsUnprotected: Math.ceil((needed * needed * Math.max(0, drawn)) / (effect * effect)),
  };
}

/** The variance of the noise on each number, where each person counts at most once in each of its groups. */
function noiseVarianceOf({ epsilon, delta, groupsPerPerson }: PlannedExperiment): number {
  const { rho } = spendableOf({ epsilon, delta });
  return (groupsPerPerson * STATISTICS_COUNT) / (2 * rho);
}

function armVariance(rate: number, persons: number, noiseVariance: number): number {
  return Math.max(0, rate * (1 - rate)) / persons + (noiseVariance * (1 + rate * rate)) / persons ** 2;
}

/** Deviations below which a normal variable stays with this probability, at least one half. */
function oneSidedDeviations(probability: number): number {
  return deviationsFor(2 * (1 - probability));
}

/** The smallest effect that is found; the largest there is where none smaller is. */
function smallest(isFound: (effect: number) => boolean, largest: number): number {
  let low = 0;
  let high = largest;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (isFound(middle)) high = middle;
    else low = middle;
  }
  return high;
}
