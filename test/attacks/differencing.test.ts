// Differencing, or the tracker: ask for everybody, ask for everybody but one, subtract. Where answers are exact the
// difference is that person. Here each answer has noise of its own, so that the difference has twice the variance of
// one, and every attempt is charged: the ledger ends the series long before its mean is worth anything.
import { describe, expect, it } from 'vitest';
import { canBear, chargeOf, type LedgerAccount } from '../../policies/index.ts';
import { accuracyOf, bestAccuracy, releasedValue, SLACK_RATIO } from '../support/games.ts';
import { planOf } from '../support/run-plan.ts';

const everybody = 'select count(distinct email) from market.outcomes';
const butOne = "select count(distinct email) from market.outcomes where not (zip = '94103' and visit = 1)";
const epsilon = 0.5;

describe('a difference of two counts', () => {
  it('does not tell whether the one person between them is there', async () => {
    const [all] = (await planOf(everybody, epsilon)).aggregates;
    const [rest] = (await planOf(butOne, epsilon)).aggregates;
    if (all === undefined || rest === undefined) return expect.fail('no aggregation');
    const difference = (persons: number) => (): number =>
      (releasedValue(all, [String(persons)]) ?? 0) - (releasedValue(rest, ['999']) ?? 0);
    const accuracy = accuracyOf({ with: difference(1_000), without: difference(999), guess: (seen) => seen >= 1 });
    expect(accuracy).toBeLessThanOrEqual(bestAccuracy(2 * epsilon) + SLACK_RATIO);
  });

  it('cannot be asked for so often that its mean would tell', async () => {
    const charge = chargeOf((await planOf(everybody, epsilon)).aggregates);
    let account: LedgerAccount = { epsilon: 4, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };
    let asked = 0;
    while (canBear(account, charge)) {
      account = { ...account, rhoCharged: account.rhoCharged + charge.rho };
      asked += 1;
    }
    expect(asked).toBeGreaterThan(1);
    // The deviation of a mean of that many counts: still most of a person, at the whole lifetime budget of epsilon 4.
    const deviation = Math.sqrt(1 / (2 * charge.rho) / asked);
    expect(deviation).toBeGreaterThan(0.9);
  });
});
