import { type Charge, canBear, conversionDelta, type LedgerAccount } from './ledger-account.ts';
import { LEDGER_UNITS } from './ledger-units.ts';
import { epsilonOf } from './zcdp.ts';

/**
 * How many more charges of one kind an account can bear: the largest n for which it bears n times the charge.
 *
 * By the real composition: epsilons do not add up, so that neither sum nor quotient of them would tell. Infinite when
 * the charge is nothing.
 */
function countFitting(account: LedgerAccount, charge: Charge): number {
  if (charge.rho === 0 && charge.deltaSelection === 0) return Number.POSITIVE_INFINITY;
  const bears = (count: number): boolean =>
    canBear(account, { rho: count * charge.rho, deltaSelection: count * charge.deltaSelection });
  return largest(bears);
}

/** How often something still fits, and what ends it. */
export interface Capacity<A extends LedgerAccount> {
  /** By account, in order. */
  readonly counts: readonly number[];
  /** The least of them: how often it fits all. */
  readonly count: number;
  /** The first account with the least; `null` when there are no accounts. */
  readonly endsAt: A | null;
}

/** How many more charges of one kind all accounts can bear. */
export function capacityOf<A extends LedgerAccount>(accounts: readonly A[], charge: Charge): Capacity<A> {
  const counts = accounts.map((account) => countFitting(account, charge));
  const count = Math.min(...counts);
  return { counts, count, endsAt: accounts[counts.indexOf(count)] ?? null };
}

/** The largest epsilon that all accounts would admit of a question with this delta for its selections; 0 when none. */
export function largestEpsilon(accounts: readonly LedgerAccount[], deltaSelection: number): number {
  const rho = Math.min(...accounts.map((account) => largestRho(account, deltaSelection)));
  // The smallest delta is the one that questions are planned with.
  return epsilonOf(rho, conversionDelta(Math.min(...accounts.map((account) => account.delta))));
}

/** The largest loss that one more charge may have, in whole units of the ledger, when it also needs this delta. */
function largestRho(account: LedgerAccount, deltaSelection: number): number {
  return largest((units) => canBear(account, { rho: units * LEDGER_UNITS.rho, deltaSelection })) * LEDGER_UNITS.rho;
}

/** The largest whole number of at least 0 for which a claim holds that, once false, stays false; 0 when for none. */
function largest(holds: (count: number) => boolean): number {
  let high = 1;
  while (holds(high)) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
