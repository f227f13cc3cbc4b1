import { groupsReached } from './contribution.ts';
import type { AggregateDraft, Statistic } from './question-tree.ts';
import { rowsPerPerson } from './stability.ts';

/** Most rows of a person in a group that are picked: more would take the engine more memory than the rows themselves. */
const MAX_PICKED_ROWS_COUNT = 16n;

/**
 * Lets histograms take no more rows of a person in a group than it has where they are spread evenly over all groups that
 * it may reach.
 *
 * Noise must hide a person whose rows all fall into one group, though hardly anybody is one: with as many groups as rows
 * it needs the root of their number times the deviation. Which rows those lose whose rows stand together a keyed hash
 * decides, by which no value has a better chance than another.
 */
export function fitRows(draft: AggregateDraft): AggregateDraft {
  const [rows, groups] = [BigInt(rowsPerPerson(draft.rows)), BigInt(groupsReached(draft))];
  const even = (rows + groups - 1n) / groups;
  if (even > MAX_PICKED_ROWS_COUNT) return draft;
  const statistics = draft.statistics.map((s): Statistic => {
    return s.kind === 'histogram' && s.upper > even ? { ...s, upper: even } : s;
  });
  return { ...draft, statistics };
}
