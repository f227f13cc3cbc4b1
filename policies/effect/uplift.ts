import { type ArmCounts, CONFIDENCE_RATIO, type Interval, type RateAt, rateOf } from './noisy-rate.ts';

/** What an arm did beside the control arm. */
export interface Uplift {
  /** The outcome per person; `null` where the arm is lost in its noise. */
  readonly rate: Interval | null;
  /** The difference to control; `null` for control, and where either is lost in its noise. */
  readonly uplift: Interval | null;
  /** The difference in parts of control's rate; `null` where control's rate cannot be told from 0. */
  readonly relativeUplift: Interval | null;
  /** Two-sided p-value of no difference; 1 where there is none to speak of. */
  readonly pValue: number;
}

/** Errors searched for a p-value, as powers of ten: what is smaller reads as this. */
const SMALLEST_ERROR_LOG = -300;
/** Halvings of that search: to nine digits. */
const SEARCH_STEPS = 40;

/** Compares an arm with the control arm; `control` is `null` for the control arm itself. */
export function upliftOf(arm: ArmCounts, control: ArmCounts | null): Uplift {
  const error = 1 - CONFIDENCE_RATIO;
  const rateAt = rateOf(arm);
  const rate = rateAt(error);
  if (control === null) return { rate, uplift: null, relativeUplift: null, pValue: 1 };
  const controlAt = rateOf(control);
  const uplift = differenceAt(rateAt, controlAt, error);
  return { rate, uplift, relativeUplift: ratioOf(rate, controlAt(error)), pValue: pValueOf(rateAt, controlAt) };
}

/**
 * The interval of a difference from the intervals of both sides (MOVER): each end lies as far as both ends together.
 *
 * Unlike one from a common variance it keeps the sides' asymmetry, which small rates have.
 * Source: Zou, Donner, "Construction of confidence limits about effect measures" (2008).
 */
function differenceAt(armAt: RateAt, controlAt: RateAt, errorRatio: number): Interval | null {
  const arm = armAt(errorRatio);
  const control = controlAt(errorRatio);
  if (arm === null || control === null) return null;
  const value = arm.value - control.value;
  return {
    value,
    low: value - Math.hypot(arm.value - arm.low, control.high - control.value),
    high: value + Math.hypot(arm.high - arm.value, control.value - control.low),
  };
}

/**
 * The interval of the ratio less 1, in the same way.
 *
 * Source: Donner, Zou, "Closed-form confidence intervals for functions of the normal mean and standard deviation"
 * (2012).
 */
function ratioOf(arm: Interval | null, control: Interval | null): Interval | null {
  if (arm === null || control === null || control.low <= 0 || arm.low < 0) return null;
  const across = arm.value * control.value;
  const below =
    across * across - arm.low * control.high * (2 * arm.value - arm.low) * (2 * control.value - control.high);
  const above =
    across * across - arm.high * control.low * (2 * arm.value - arm.high) * (2 * control.value - control.low);
  const lowDivisor = control.high * (2 * control.value - control.high);
  const highDivisor = control.low * (2 * control.value - control.low);
  // Control's interval is then as wide as its rate, and no ratio is told apart from any other.
  if (lowDivisor <= 0 || highDivisor <= 0) return null;
  return {
    value: arm.value / control.value - 1,
    low: (across - Math.sqrt(Math.max(0, below))) / lowDivisor - 1,
    high: (across + Math.sqrt(Math.max(0, above))) / highDivisor - 1,
  };
}

/**
 * The smallest error at which the interval of the difference still holds 0: so that the p-value is below 5 % exactly
 * where the interval leaves 0 out, and the two never disagree.
 */
function pValueOf(armAt: RateAt, controlAt: RateAt): number {
  const isApart = (errorRatio: number): boolean => {
    const difference = differenceAt(armAt, controlAt, errorRatio);
    return difference !== null && (difference.low > 0 || difference.high < 0);
  };
  let low = SMALLEST_ERROR_LOG;
  let high = 0;
  if (!isApart(1 - Number.EPSILON)) return 1;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (isApart(10 ** middle)) high = middle;
    else low = middle;
  }
  return Math.min(1, 10 ** high);
}
