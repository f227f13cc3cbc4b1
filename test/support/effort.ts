/** Whether the long campaign was asked for. */
const isLong = process.env.GALLEY_LONG === '1';

/** Whether this is part of a campaign, `npm run verify:…`, which counts what it tried, and not the tests of every commit. */
const isCampaign = process.env.GALLEY_TALLY !== undefined;

/** The seed of every commit. */
const USUAL_SEED = 13;

/** How often something is tried: by every commit, by the short run of a campaign, and by its long one. */
export function effortOf(everyCommit: number, shortRun: number, longRun: number): number {
  if (isLong) return longRun;
  return isCampaign ? shortRun : everyCommit;
}

/**
 * The seed of what is drawn at random: every commit draws the same, or a change would be held up by what it did not do; a
 * campaign draws anew each time. `GALLEY_SEED` makes a run again.
 */
export const runSeed: number = Number(process.env.GALLEY_SEED ?? effortOf(USUAL_SEED, anySeed(), anySeed()));

function anySeed(): number {
  return Date.now() % 1_000_000_007;
}
