import { MIN_EPSILON } from '../rules/rules.ts';
import { conversionDelta, spendableOf } from './ledger-account.ts';
import { epsilonOf, rhoFor } from './zcdp.ts';

/** A step down where rounding has lifted an epsilon over its share: a millionth is nobody's loss. */
const STEP_DOWN_RATIO = 1 - 1e-6;

/**
 * Shares one epsilon out among several questions that are asked one after another.
 *
 * What adds up is the loss in zCDP and not epsilon: each question gets the epsilon of its share of the whole loss, and
 * all of them together cost no more than one question of the whole epsilon.
 *
 * @param shares parts of one, which add up to one at most
 */
export function shareEpsilon(
  whole: { readonly epsilon: number; readonly delta: number },
  shares: readonly number[],
): readonly number[] {
  const { rho } = spendableOf(whole);
  const delta = conversionDelta(whole.delta);
  return shares.map((share) => {
    let epsilon = epsilonOf(rho * share, delta);
    while (epsilon > MIN_EPSILON && rhoFor(epsilon, delta) > rho * share) epsilon *= STEP_DOWN_RATIO;
    return Math.max(MIN_EPSILON, epsilon);
  });
}
