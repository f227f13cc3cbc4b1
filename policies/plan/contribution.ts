import { columnsIn } from './expression.ts';
import type { AggregateDraft, Statistic } from './question-tree.ts';

/** What one person can change: the bounds from which the noise follows. */
export interface Contribution {
  /** L0: groups. */
  readonly maxGroupsPerPerson: number;
  /** Linf of each statistic: the most one person changes it within one group, in its unit. */
  readonly linf: readonly number[];
  readonly minGroupSize: number;
  /** The groups, when every key's values are public; else `null`. */
  readonly publicGroups: readonly (readonly string[])[] | null;
}

/**
 * Most noisy numbers (groups by statistics) of public groups, which are all listed whether the data has them or not.
 * Beyond it a question would draw noise for seconds over a handful of rows.
 */
const MAX_PUBLIC_NUMBERS = 50_000;

/** Derives the contribution bounds of an aggregation from what the owners declared. */
export function contributionOf(draft: AggregateDraft): Contribution {
  const publicGroups = listGroups(draft);
  const reach = reachOf(draft);
  return {
    maxGroupsPerPerson: publicGroups === null ? reach : Math.min(reach, publicGroups.length),
    linf: draft.statistics.map(linfOf),
    minGroupSize: Math.max(...draft.tables.map((t) => t.view.rules.minGroupSize)),
    publicGroups,
  };
}

/**
 * Groups a person may reach: one where every key comes from tables with one row a person, else the strictest bound of
 * the owners whose keys vary within a person. The engine cuts whatever is beyond, so that data that breaks the
 * declaration costs accuracy and never privacy.
 */
function reachOf(draft: AggregateDraft): number {
  const refs = new Set(draft.keys.flatMap((k) => columnsIn(k.expression)).map((c) => c.relation));
  const varying = draft.tables.filter((t) => refs.has(t.ref) && t.view.rules.rowsPerPerson > 1);
  return varying.length === 0 ? 1 : Math.min(...varying.map((t) => t.view.rules.maxGroupsPerPerson));
}

function linfOf(statistic: Statistic): number {
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return 1;
    case 'rows':
      return Number(statistic.upper);
    default: {
      const [low, high] = [Number(statistic.lower), Number(statistic.upper)];
      return Math.max(Math.abs(low), Math.abs(high));
    }
  }
}

function listGroups(draft: AggregateDraft): readonly (readonly string[])[] | null {
  let groups: readonly (readonly string[])[] = [[]];
  for (const { values } of draft.keys) {
    if (values === null || groups.length * values.length * draft.statistics.length > MAX_PUBLIC_NUMBERS) return null;
    groups = groups.flatMap((group) => values.map((value) => [...group, value]));
  }
  return groups;
}
