import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/run-plan.ts';
import { chargeOf, priceOf } from '../plan/protected-plan.ts';
import { gaussianDelta } from './gaussian-curve.ts';
import {
  canBear,
  chargedEpsilon,
  conversionDelta,
  estimatedEpsilon,
  type LedgerAccount,
  remainingEpsilon,
  spendableOf,
} from './ledger-account.ts';
import { rhoFor } from './zcdp.ts';

const fresh: LedgerAccount = { epsilon: 4, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };
const whole = rhoFor(4, conversionDelta(1e-6));

describe('an account', () => {
  it('bears exactly its epsilon and no bit more', () => {
    expect(canBear(fresh, { rho: whole, deltaSelection: 0 })).toBe(true);
    expect(canBear(fresh, { rho: whole * (1 + 1e-9), deltaSelection: 0 })).toBe(false);
    expect(canBear({ ...fresh, rhoCharged: whole }, { rho: 1e-9, deltaSelection: 0 })).toBe(false);
    expect(canBear({ ...fresh, rhoCharged: whole }, { rho: 0, deltaSelection: 0 })).toBe(true);
  });

  it('bears selections up to the half of its delta that is not for converting', () => {
    expect(canBear(fresh, { rho: 0, deltaSelection: 5e-7 })).toBe(true);
    expect(canBear(fresh, { rho: 0, deltaSelection: 5.0001e-7 })).toBe(false);
    expect(canBear({ ...fresh, deltaCharged: 4e-7 }, { rho: 0, deltaSelection: 1.1e-7 })).toBe(false);
  });

  it('keeps epsilon and delta within its limits together, however it is charged', () => {
    let account = fresh;
    let charges = 0;
    const charge = { rho: whole / 37, deltaSelection: 2e-9 };
    while (canBear(account, charge)) {
      account = {
        ...account,
        rhoCharged: account.rhoCharged + charge.rho,
        deltaCharged: account.deltaCharged + charge.deltaSelection,
      };
      charges += 1;
    }
    expect(charges).toBeGreaterThanOrEqual(36);
    expect(charges).toBeLessThanOrEqual(37);
    expect(chargedEpsilon(account)).toBeLessThanOrEqual(4);
    expect(account.deltaCharged + conversionDelta(account.delta)).toBeLessThanOrEqual(1e-6);
  });

  it('refuses exactly what would exceed it, whatever was chosen after which answer', () => {
    const prices = fc.record({ epsilon: fc.double({ min: 0.01, max: 4, noNaN: true }), selects: fc.boolean() });
    fc.assert(
      fc.property(fc.array(prices, { maxLength: 40 }), fc.boolean(), (asked, isGreedy) => {
        let account = fresh;
        for (const { epsilon, selects } of asked) {
          const { rho, deltaSelection } = spendableOf({ epsilon, delta: fresh.delta });
          // An adversary who sees what is left, and takes as much of it as it can by halving.
          for (let share = 1; share > 2 ** -10; share /= 2) {
            const charge = { rho: rho * share, deltaSelection: selects ? deltaSelection : 0 };
            const after = {
              ...account,
              rhoCharged: account.rhoCharged + charge.rho,
              deltaCharged: account.deltaCharged + charge.deltaSelection,
            };
            const isWithin = chargedEpsilon(after) <= 4 && after.deltaCharged <= 5e-7;
            expect(canBear(account, charge)).toBe(isWithin);
            if (isWithin) account = after;
            if (!isGreedy) break;
          }
        }
        // What the limit promises, by the exact curve: epsilon 4 with all deltas together.
        const curve = account.rhoCharged === 0 ? 0 : gaussianDelta(4, account.rhoCharged);
        expect(curve + account.deltaCharged).toBeLessThanOrEqual(fresh.delta);
      }),
      { numRuns: 40 },
    );
  });

  it('tells what is left, and nothing below nothing', () => {
    expect(remainingEpsilon(fresh)).toBe(4);
    expect(remainingEpsilon({ ...fresh, rhoCharged: whole })).toBeLessThan(1e-9);
    expect(remainingEpsilon({ ...fresh, rhoCharged: whole * 2 })).toBe(0);
  });

  it('is shown beside the curve of Gaussian noise, which lies below what is enforced', () => {
    const half = { ...fresh, rhoCharged: whole / 2 };
    expect(estimatedEpsilon(half)).toBeLessThan(chargedEpsilon(half));
    expect(estimatedEpsilon(half)).toBeGreaterThan(chargedEpsilon(half) * 0.8);
    expect(estimatedEpsilon(fresh)).toBe(0);
  });
});

describe('a question', () => {
  const sql = 'select zip, count(*), sum(spend) from market.outcomes group by zip';

  it('costs the epsilon it was asked with', async () => {
    const price = priceOf(chargeOf((await planOf(sql, 1)).aggregates), 1e-6);
    expect(price.epsilon).toBeLessThanOrEqual(1);
    expect(price.epsilon).toBeGreaterThan(0.999);
    expect(price.delta).toBeLessThanOrEqual(1e-6);
  });

  it.each([1, 2, 3, 5, 6, 7])('of %i aggregations can spend an account to its end', async (count) => {
    const one = (i: number): string => `(select count(*) as n${i} from market.outcomes where visit = ${i}) s${i}`;
    const from = Array.from({ length: count }, (_, i) => one(i)).join(' cross join ');
    const charge = chargeOf((await planOf(`select s0.n0 from ${from}`, 4)).aggregates);
    expect(canBear(fresh, charge)).toBe(true);
  });

  it('that is answered from stored releases costs nothing', () => {
    expect(priceOf(chargeOf([]), 1e-6)).toEqual({ epsilon: 0, delta: 0 });
  });

  it('leaves an account room for all the selections that its delta was shared out for', async () => {
    const { aggregates } = await planOf('select zip, count(*) from market.outcomes group by zip', 0.01);
    const { deltaSelection } = chargeOf(aggregates);
    let account = fresh;
    let count = 0;
    for (; canBear(account, { rho: 0, deltaSelection }) && count < 600; count += 1) {
      account = { ...account, deltaCharged: account.deltaCharged + deltaSelection };
    }
    expect(count).toBe(500);
  });
});
