import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Charge, canBear, conversionDelta, type LedgerAccount, spendableOf } from './ledger-account.ts';
import { exactly, LEDGER_UNITS, upToUnits } from './ledger-units.ts';
import { capacityOf, largestEpsilon } from './remaining.ts';
import { rhoFor } from './zcdp.ts';

const epsilons = fc.double({ min: 0.05, max: 20, noNaN: true });
const deltas = fc.constantFrom(1e-5, 1e-6, 1e-9);

/** An account that some share of its epsilon was charged to. */
const accounts: fc.Arbitrary<LedgerAccount> = fc
  .tuple(epsilons, deltas, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 500 }))
  .map(([epsilon, delta, share, selections]) => ({
    epsilon,
    delta,
    rhoCharged: upToUnits(exactly(share * rhoFor(epsilon, conversionDelta(delta))), LEDGER_UNITS.rho),
    deltaCharged: selections * spendableOf({ epsilon, delta }).deltaSelection,
  }));
/** The charge of a question, with or without a selection. */
const charges: fc.Arbitrary<Charge> = fc
  .tuple(fc.double({ min: 0.3, max: 20, noNaN: true }), deltas, fc.boolean())
  .map(([epsilon, delta, selects]) => {
    const { rho, deltaSelection } = spendableOf({ epsilon, delta });
    return { rho, deltaSelection: selects ? deltaSelection : 0 };
  });

/** The ledger itself: charges one by one until one is refused. */
function askedUntilRefused(account: LedgerAccount, charge: Charge): number {
  let count = 0;
  let { rhoCharged, deltaCharged } = account;
  while (canBear({ ...account, rhoCharged, deltaCharged }, charge)) {
    rhoCharged += charge.rho;
    deltaCharged += charge.deltaSelection;
    count += 1;
  }
  return count;
}

describe('what can still be asked', () => {
  it('is exactly as often as the ledger admits it, one by one', () => {
    fc.assert(
      fc.property(accounts, charges, (account, charge) => {
        expect(capacityOf([account], charge).count).toBe(askedUntilRefused(account, charge));
      }),
      { numRuns: 60 },
    );
  });

  it('falls by one with each that is asked, and names the account that ends it', () => {
    fc.assert(
      fc.property(fc.array(accounts, { minLength: 1, maxLength: 4 }), charges, (all, charge) => {
        const { count, counts, endsAt } = capacityOf(all, charge);
        expect(count).toBe(Math.min(...counts));
        expect(endsAt).toBe(all[counts.indexOf(count)]);
        const after = all.map((account) => ({
          ...account,
          rhoCharged: account.rhoCharged + charge.rho,
          deltaCharged: account.deltaCharged + charge.deltaSelection,
        }));
        expect(all.every((account) => canBear(account, charge))).toBe(count > 0);
        if (count > 0) expect(capacityOf(after, charge).count).toBe(count - 1);
      }),
      { numRuns: 60 },
    );
  });

  it('is no fewer for a smaller price, a larger limit, or less charged', () => {
    fc.assert(
      fc.property(accounts, charges, fc.double({ min: 0, max: 1, noNaN: true }), (account, charge, share) => {
        const { count } = capacityOf([account], charge);
        const part = upToUnits(exactly(charge.rho * share), LEDGER_UNITS.rho);
        const smaller = { ...charge, rho: Math.max(LEDGER_UNITS.rho, Math.min(part, charge.rho)) };
        expect(capacityOf([account], smaller).count).toBeGreaterThanOrEqual(count);
        expect(capacityOf([{ ...account, epsilon: account.epsilon * 1.5 }], charge).count).toBeGreaterThanOrEqual(
          count,
        );
        expect(capacityOf([{ ...account, rhoCharged: 0 }], charge).count).toBeGreaterThanOrEqual(count);
      }),
      { numRuns: 60 },
    );
  });

  it('ends at the delta of the selections where epsilon is left', () => {
    const account = { epsilon: 20, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };
    const { deltaSelection } = spendableOf(account);
    expect(capacityOf([account], { rho: LEDGER_UNITS.rho, deltaSelection }).count).toBe(500);
  });

  it('is without end where nothing is charged', () => {
    const account = { epsilon: 1, delta: 1e-6, rhoCharged: 5, deltaCharged: 0 };
    expect(capacityOf([account], { rho: 0, deltaSelection: 0 }).count).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the largest epsilon of one more question', () => {
  it('is admitted, and hardly more is not', () => {
    fc.assert(
      fc.property(fc.array(accounts, { minLength: 1, maxLength: 3 }), fc.boolean(), (all, selects) => {
        const delta = Math.min(...all.map((account) => account.delta));
        const chargeAt = (epsilon: number): Charge => {
          const { rho, deltaSelection } = spendableOf({ epsilon, delta });
          return { rho, deltaSelection: selects ? deltaSelection : 0 };
        };
        const admits = (epsilon: number): boolean => all.every((account) => canBear(account, chargeAt(epsilon)));
        const largest = largestEpsilon(all, chargeAt(1).deltaSelection);
        if (largest > 0) expect(admits(largest)).toBe(true);
        expect(admits(largest * 1.000_001 + 1e-4)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
