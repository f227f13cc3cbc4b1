import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversionDelta } from './ledger-account.ts';
import { partOfEpsilon } from './part-of-epsilon.ts';
import { rhoFor } from './zcdp.ts';

describe('a part of an epsilon', () => {
  it('is more than an equal share, and all of them together cost no more than the whole', () => {
    const epsilons = fc.double({ min: 0.01, max: 10, noNaN: true });
    fc.assert(
      fc.property(
        epsilons,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1e-5, 1e-6, 1e-9),
        (epsilon, parts, delta) => {
          const part = partOfEpsilon(epsilon, parts, delta);
          expect(part).toBeGreaterThanOrEqual((epsilon / parts) * (1 - 1e-9));
          const whole = rhoFor(epsilon, conversionDelta(delta));
          expect(rhoFor(part, conversionDelta(delta)) * parts).toBeLessThanOrEqual(whole * (1 + 1e-9));
        },
      ),
    );
  });
});
