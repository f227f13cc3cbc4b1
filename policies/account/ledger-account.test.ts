import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/run-plan.ts';
import { chargeOf, priceOf, spentAccounts } from '../plan/protected-plan.ts';
import { canBear, chargedEpsilon, conversionDelta, type LedgerAccount, remainingEpsilon } from './ledger-account.ts';
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

  it('tells what is left, and nothing below nothing', () => {
    expect(remainingEpsilon(fresh)).toBe(4);
    expect(remainingEpsilon({ ...fresh, rhoCharged: whole })).toBeLessThan(1e-9);
    expect(remainingEpsilon({ ...fresh, rhoCharged: whole * 2 })).toBe(0);
  });

  it('is named among the spent ones when it cannot bear a charge', () => {
    const spent = { ...fresh, rhoCharged: whole, name: 'brand' };
    expect(spentAccounts([{ ...fresh, name: 'market' }, spent], { rho: 0.01, deltaSelection: 0 })).toEqual([spent]);
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
    expect(count).toBeGreaterThanOrEqual(499);
    expect(count).toBeLessThanOrEqual(500);
  });
});
