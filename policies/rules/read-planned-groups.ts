import type { ScalarType, TableColumn } from '../collaboration/table-view.ts';
import type { FaultCollector } from './fault-collector.ts';
import { MAX_PLANNED_KEYS_COUNT, MAX_PLANNED_SETS_COUNT, type Rules } from './rules.ts';

const PATH = '/plannedGroups';

/** Whether values of a type are groups as they are; fractions group by their text, and are planned for by nobody. */
export function isPlannable(type: ScalarType): boolean {
  return ['integer', 'text', 'boolean', 'date', 'timestamp'].includes(type.kind);
}

/** Reads the sets of group keys that layouts are made for; `null` when the document has none. */
export function readPlannedGroups(
  collect: FaultCollector,
  value: unknown,
  groupKeys: Rules['groupKeys'],
  columns: readonly TableColumn[],
): readonly (readonly string[])[] | null {
  if (value === undefined) return null;
  if (!Array.isArray(value)) {
    collect.fault(PATH, 'must be a list of lists of group keys');
    return null;
  }
  if (value.length > MAX_PLANNED_SETS_COUNT) {
    collect.fault(
      PATH,
      `names ${value.length} sets of group keys, of which at most ${MAX_PLANNED_SETS_COUNT} are kept`,
    );
  }
  const sets = value.map((set: unknown, index) => readSet(collect, set, `${PATH}/${index}`, { groupKeys, columns }));
  // The order of its keys makes no other set: one that is named twice would be kept twice.
  const names = sets.map((set) => set.toSorted().join(','));
  for (const [index, name] of names.entries()) {
    if (name !== '' && names.indexOf(name) !== index)
      collect.fault(`${PATH}/${index}`, 'names a set that is named before');
  }
  return sets;
}

function readSet(
  collect: FaultCollector,
  value: unknown,
  path: string,
  { groupKeys, columns }: { readonly groupKeys: Rules['groupKeys']; readonly columns: readonly TableColumn[] },
): readonly string[] {
  if (value === undefined) {
    collect.fault(path, 'must be a list of texts');
    return [];
  }
  const keys = collect.texts(value, path);
  const isList = Array.isArray(value);
  if (isList && value.length === 0) {
    collect.fault(path, 'must name at least one group key; totals of persons are kept without being named');
  }
  if (keys.length > MAX_PLANNED_KEYS_COUNT) {
    collect.fault(path, `names ${keys.length} group keys, of which a set has at most ${MAX_PLANNED_KEYS_COUNT}`);
  }
  for (const [index, key] of keys.entries()) {
    const type = columns.find((c) => c.name === key)?.type;
    if (!Object.hasOwn(groupKeys, key)) collect.fault(`${path}/${index}`, `\`${key}\` is not among \`groupKeys\``);
    else if (type !== undefined && !isPlannable(type)) {
      collect.fault(`${path}/${index}`, `\`${key}\` is a fraction, which no set of group keys may name`);
    }
  }
  return keys;
}
