import type { TableView } from '../collaboration/table-view.ts';
import { isPlannable } from '../rules/read-planned-groups.ts';
import { MAX_PLANNED_SETS_COUNT } from '../rules/rules.ts';

/** The sets of group keys that a table is planned for, the first of which orders its rows. */
export function plannedSets({ columns, rules }: TableView): readonly (readonly string[])[] {
  const isKnown = (key: string): boolean => columns.some((c) => c.name === key && isPlannable(c.type));
  const each = Object.keys(rules.groupKeys)
    .filter(isKnown)
    .map((key) => [key]);
  return (rules.plannedGroups ?? each.slice(0, MAX_PLANNED_SETS_COUNT)).map((set) => set.toSorted());
}
