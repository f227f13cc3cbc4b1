import type { Cell, PlannedAggregate } from '../../policies/index.ts';
import { protect, RawGroups } from '../../policies/index.ts';
import { systemBits } from './run-plan.ts';

/** Rounds of a game; five standard errors of a share over so many are 4 percent. */
const ROUND_COUNT = 4_000;
/** Five standard errors of a share: an honest mechanism fails one game of three million. */
export const SLACK_RATIO = (5 * 0.5) / Math.sqrt(ROUND_COUNT);

/** The first released cell of the first group, over given exact statistics; `null` when nothing is released. */
export function releasedValue(aggregate: PlannedAggregate, statistics: readonly Cell[]): number | null {
  const [row] = protect(aggregate, RawGroups.read(aggregate, [statistics]), systemBits).rows;
  return row === undefined ? null : Number(row[0]);
}

/**
 * How often an adversary is right who is shown one of two worlds at random and guesses which.
 *
 * `guess` sees what was released and answers whether it takes it for the world with the victim.
 */
export function accuracyOf(game: {
  with: () => number;
  without: () => number;
  guess: (seen: number) => boolean;
}): number {
  let right = 0;
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const isWith = round % 2 === 0;
    if (game.guess(isWith ? game.with() : game.without()) === isWith) right += 1;
  }
  return right / ROUND_COUNT;
}

/** The most often that any adversary can be right against epsilon-differential privacy. */
export function bestAccuracy(epsilon: number): number {
  return Math.exp(epsilon) / (1 + Math.exp(epsilon));
}
