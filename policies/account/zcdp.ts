/**
 * Zero-concentrated differential privacy: what noise costs, and what costs add up to.
 *
 * Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020), Corollary 13; Bun,
 * Steinke, "Concentrated Differential Privacy" (2016). Proof: account/zcdp.test.ts holds it against the exact curve
 * of the Gaussian mechanism, which it must never undercut.
 */

/** Steps of a search by thirds over the order; each narrows it by a third, to below a double's precision. */
const SEARCH_STEPS = 120;
/** The orders searched, as logarithms of (order - 1): from one part in a hundred million to e^20. */
const LOWEST_ORDER_LOG = -18;
const HIGHEST_ORDER_LOG = 20;

/**
 * The epsilon of a zCDP loss at a delta.
 *
 * Any order gives a valid bound, so that an inexact search costs accuracy and never privacy.
 */
export function epsilonOf(rho: number, delta: number): number {
  if (rho <= 0) return 0;
  const at = (orderLog: number): number => {
    const excess = Math.exp(orderLog);
    const order = 1 + excess;
    // Written with log1p, as 1 - 1/order loses all digits for large orders.
    const shape = excess * -Math.log1p(1 / excess) - Math.log(order);
    return order * rho + (Math.log(1 / delta) + shape) / excess;
  };
  let low = LOWEST_ORDER_LOG;
  let high = HIGHEST_ORDER_LOG;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const third = (high - low) / 3;
    if (at(low + third) < at(high - third)) high -= third;
    else low += third;
  }
  return Math.max(0, at((low + high) / 2));
}

/** Prices that are kept: those of the epsilons that one service's members like to ask at. */
const MAX_KEPT_LOSSES_COUNT = 256;

const keptLosses = new Map<string, number>();

/** The largest zCDP loss whose epsilon at a delta is at most `epsilon`. */
export function rhoFor(epsilon: number, delta: number): number {
  const key = `${epsilon}/${delta}`;
  const known = keptLosses.get(key);
  if (known !== undefined) return known;
  // A search over searches, of a million logarithms: each question is priced at least twice.
  const rho = searchRho(epsilon, delta);
  if (keptLosses.size === MAX_KEPT_LOSSES_COUNT) keptLosses.clear();
  keptLosses.set(key, rho);
  return rho;
}

function searchRho(epsilon: number, delta: number): number {
  let low = 0;
  let high = epsilon + 1;
  while (epsilonOf(high, delta) < epsilon) high *= 2;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    // Between two neighbouring doubles there is nothing to find.
    if (middle === low || middle === high) break;
    if (epsilonOf(middle, delta) <= epsilon) low = middle;
    else high = middle;
  }
  return low;
}
