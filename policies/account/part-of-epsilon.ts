import { conversionDelta } from './ledger-account.ts';
import { epsilonOf, rhoFor } from './zcdp.ts';

/**
 * The epsilon of each of several equal releases that together cost no more than one of some epsilon.
 *
 * Losses add up, and epsilons do not: a third of the loss is more than a third of the epsilon.
 */
export function partOfEpsilon(epsilon: number, parts: number, delta: number): number {
  const at = conversionDelta(delta);
  return epsilonOf(rhoFor(epsilon, at) / parts, at);
}
