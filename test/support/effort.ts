/** Whether the long campaign was asked for. */
const isLong = process.env.GALLEY_LONG === '1';

/** Whether this is part of a campaign, `npm run verify:…`, which counts what it tried, and not the tests of every commit. */
const isCampaign = process.env.GALLEY_TALLY !== undefined;

/** How often something is tried: by every commit, by the short run of a campaign, and by its long one. */
export function effortOf(everyCommit: number, shortRun: number, longRun: number): number {
  if (isLong) return longRun;
  return isCampaign ? shortRun : everyCommit;
}
