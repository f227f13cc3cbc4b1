import { randomUUID } from 'node:crypto';
import { effects } from '../../proto/index.ts';
import { cast } from './cast.ts';
import { type Arm, armShares, segments } from './market.ts';
import type { Party } from './party.ts';

/** What the whole measurement may say about any one person. */
const EPSILON = 1;
/** What the brand expects of those who see what everybody sees. */
const BASE_RATE = 0.1;
/** Standard errors to either side of a 95 % interval. */
const NORMAL_95 = 1.959964;

/** One arm of an audience, as it was measured. */
export interface MeasuredArm {
  readonly arm: Arm;
  readonly persons: number;
  readonly rate: number;
  /** The difference to the hold-out; `null` for the hold-out itself. */
  readonly uplift: number | null;
  readonly ci95: readonly [number, number] | null;
}

/** What the content of an audience did: all arms that saw it together, beside those who saw what everybody sees. */
export interface MeasuredAudience {
  readonly name: string;
  readonly arms: readonly MeasuredArm[];
  readonly uplift: number;
  readonly ci95: readonly [number, number];
  /** False where the split does not look as it was drawn. */
  readonly isSplitSound: boolean;
}

/**
 * The smallest difference that the measurement could find in an audience of this size, eight times in ten; costs nothing.
 *
 * Shape: a share, as 0.03 for three buyers of a hundred. The smaller arm decides.
 */
export async function smallestFindable(brand: Party, audienceSize: number): Promise<number> {
  const personsPerArm = BigInt(Math.max(1, Math.round(Math.min(...Object.values(armShares)) * audienceSize)));
  const request = effects.PlanExperimentRequest.fromPartial({ personsPerArm, baseRate: BASE_RATE, epsilon: EPSILON });
  const { minimumDetectableEffect } = await brand.call(brand.effects, brand.effects.planExperiment, request);
  return minimumDetectableEffect;
}

/** Asks the brand's question, "did it work?", of the events that came back. */
export async function measure(brand: Party, collaborationId: string) {
  const table = `${cast.platform.member}.events`;
  const rows = (kind: string) => ({ table, conditions: [{ column: 'kind', values: [kind] }] });
  const request = effects.MeasureUpliftRequest.fromPartial({
    ask: { collaborationId, epsilon: EPSILON, requestId: randomUUID() },
    assignment: rows('assignment'),
    armColumn: 'arm',
    segmentColumns: ['audience'],
    outcome: rows('conversion'),
    outcomeColumn: '',
    controlArm: 'hold-out',
    expectedShares: { ...armShares },
  });
  const { arms, splits, source } = await brand.call(brand.effects, brand.effects.measureUplift, request);
  const names = segments.map(({ name }) => name);
  const measured = names.map((name): MeasuredAudience => {
    const own = arms.filter(({ segment }) => segment[0] === name);
    const isSplitSound = splits.every(({ segment, mismatch }) => segment[0] !== name || !mismatch);
    return { name, arms: own.map(armOf), ...pooled(own), isSplitSound };
  });
  return { measured, epsilon: source?.charged?.epsilon ?? 0, delta: source?.charged?.delta ?? 0 };
}

function armOf({ arm, persons, rate, uplift }: effects.ArmEffect): MeasuredArm {
  return {
    arm: arm as Arm,
    persons: persons?.value ?? 0,
    rate: rate?.value ?? 0,
    uplift: uplift?.value ?? null,
    ci95: uplift === undefined ? null : [uplift.ci95Low, uplift.ci95High],
  };
}

/**
 * All who saw content of their own beside the hold-out, from released numbers alone.
 *
 * The arms are independent samples with noise of their own: their variances add up, each read from its interval.
 */
function pooled(own: readonly effects.ArmEffect[]): Pick<MeasuredAudience, 'uplift' | 'ci95'> {
  const control = own.find(({ arm }) => arm === 'hold-out');
  const seen = own.filter(({ arm }) => arm !== 'hold-out');
  const personsSeen = seen.reduce((sum, { persons }) => sum + (persons?.value ?? 0), 0);
  let [rate, variance] = [0, varianceOf(control)];
  for (const one of seen) {
    const share = (one.persons?.value ?? 0) / personsSeen;
    rate += share * (one.rate?.value ?? 0);
    variance += share ** 2 * varianceOf(one);
  }
  const uplift = rate - (control?.rate?.value ?? 0);
  const half = NORMAL_95 * Math.sqrt(variance);
  return { uplift, ci95: [uplift - half, uplift + half] };
}

function varianceOf(of: effects.ArmEffect | undefined): number {
  if (of?.rate === undefined) throw new Error(`an arm of \`${of?.segment[0] ?? '?'}\` is lost in its noise`);
  return ((of.rate.ci95High - of.rate.ci95Low) / 2 / NORMAL_95) ** 2;
}
