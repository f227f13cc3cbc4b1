import { gaussianEpsilon } from './gaussian-curve.ts';
import { downToUnits, LEDGER_UNITS } from './ledger-units.ts';
import { epsilonOf, rhoFor } from './zcdp.ts';

/** A limit of the ledger and what is charged to it. */
export interface LedgerAccount {
  readonly epsilon: number;
  readonly delta: number;
  /** Sum of all charged losses. */
  readonly rhoCharged: number;
  /** Sum of the deltas of all group selections. */
  readonly deltaCharged: number;
}

/** What one release adds to an account. */
export interface Charge {
  readonly rho: number;
  readonly deltaSelection: number;
}

/**
 * The share of an account's delta that pays for converting rho to epsilon; the other half pays for selections.
 *
 * The conversion is paid once for the whole life of the account, the selections one by one.
 */
const CONVERSION_SHARE_RATIO = 0.5;

/** The delta at which an account reads its epsilon. */
export function conversionDelta(delta: number): number {
  return delta * CONVERSION_SHARE_RATIO;
}

/** Selections of unknown groups that an account's share of delta lasts for; epsilon is spent long before. */
const SELECTIONS_PER_ACCOUNT_COUNT = 500;

/**
 * The most that a question of some epsilon may spend, of accounts whose smallest delta is `delta`: its loss, and the
 * delta of each of its selections. In whole units of the ledger, rounded down, so that what fits on paper fits.
 */
export function spendableOf({ epsilon, delta }: { readonly epsilon: number; readonly delta: number }): Charge {
  const selections = delta - conversionDelta(delta);
  const share = downToUnits(selections / SELECTIONS_PER_ACCOUNT_COUNT, LEDGER_UNITS.delta);
  return {
    rho: downToUnits(rhoFor(epsilon, conversionDelta(delta)), LEDGER_UNITS.rho),
    // A delta too small to be shared out lasts for fewer; never for one that is free.
    deltaSelection: Math.max(LEDGER_UNITS.delta, share),
  };
}

/**
 * Whether an account can bear a charge: the privacy filter.
 *
 * Questions are chosen after earlier answers are seen, and so are their prices. That the sums may be compared with a
 * fixed limit all the same is a theorem on approximate zCDP: Whitehouse, Ramdas, Rogers, Wu, "Fully-Adaptive
 * Composition in Differential Privacy" (2023). It refuses exactly when an account would exceed its limit, and never for
 * less.
 */
export function canBear(account: LedgerAccount, charge: Charge): boolean {
  const selection = account.deltaCharged + charge.deltaSelection;
  if (selection > account.delta - conversionDelta(account.delta)) return false;
  return epsilonOf(account.rhoCharged + charge.rho, conversionDelta(account.delta)) <= account.epsilon;
}

/** Epsilon left; what has been charged is read at the account's own delta. */
export function remainingEpsilon(account: LedgerAccount): number {
  return Math.max(0, account.epsilon - chargedEpsilon(account));
}

/** Epsilon charged so far. */
export function chargedEpsilon(account: LedgerAccount): number {
  return epsilonOf(account.rhoCharged, conversionDelta(account.delta));
}

/**
 * Epsilon charged so far by the curve of continuous Gaussian noise: an estimate to show, which nothing is decided by.
 */
export function estimatedEpsilon(account: LedgerAccount): number {
  return gaussianEpsilon(account.rhoCharged, conversionDelta(account.delta));
}
