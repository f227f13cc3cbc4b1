import { groupsReached } from './contribution.ts';
import type { AggregateDraft, Statistic } from './question-tree.ts';
import { rowsPerPerson } from './stability.ts';

/**
 * Most rows of a person in a group that are picked: the engine sets room for so many aside for each person and group, and
 * more would take it more memory than the rows themselves.
 */
const MAX_PICKED_ROWS_COUNT = 16n;

/**
 * Lets histograms take no more rows of a person in a group than it has where they are spread evenly over all groups that
 * it may reach.
 *
 * Noise must hide a person whose rows all fall into one group, though hardly anybody is one: with as many groups as rows
 * it needs the root of their number times the deviation. Which rows those lose whose rows stand together a keyed hash
 * decides, by which no value has a better chance than another. Where more would have to be picked all rows count.
 */
export function fitRows(draft: AggregateDraft): AggregateDraft {
  const [rows, groups] = [BigInt(rowsPerPerson(draft.rows)), BigInt(groupsReached(draft))];
  const even = (rows + groups - 1n) / groups;
  const statistics = draft.statistics.map((s): Statistic => {
    if (s.kind !== 'histogram') return s;
    const upper = s.upper > even ? even : s.upper;
    return { ...s, upper: upper > MAX_PICKED_ROWS_COUNT ? rows : upper };
  });
  return { ...draft, statistics };
}
