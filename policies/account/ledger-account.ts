import { epsilonOf } from './zcdp.ts';

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

/** Whether an account can bear a charge. */
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
