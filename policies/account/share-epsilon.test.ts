import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spendableOf } from './ledger-account.ts';
import { shareEpsilon } from './share-epsilon.ts';

const whole = fc.record({ epsilon: fc.double({ min: 0.1, max: 8, noNaN: true }), delta: fc.constantFrom(1e-6, 1e-9) });
const parts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

describe('an epsilon that is shared out', () => {
  it('costs no more than the whole, and nearly all of it', () => {
    fc.assert(
      fc.property(whole, parts, (budget, weights) => {
        const all = weights.reduce((sum, weight) => sum + weight, 0);
        const shares = shareEpsilon(
          budget,
          weights.map((weight) => weight / all),
        );
        const loss = shares.reduce((sum, epsilon) => sum + spendableOf({ epsilon, delta: budget.delta }).rho, 0);
        const { rho } = spendableOf(budget);
        expect(loss).toBeLessThanOrEqual(rho * (1 + 1e-9));
        expect(loss).toBeGreaterThan(rho * 0.999);
      }),
      { numRuns: 50 },
    );
  });
});
