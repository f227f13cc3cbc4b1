import type { TableView } from '../collaboration/table-view.ts';
import { allParts, columnsIn, type Expression } from '../plan/expression.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { GroupKey } from '../plan/question-tree.ts';
import { baseName, innerTables, type TableSource } from './join-match.ts';
import { matchedColumn } from './layout.ts';
import type { PlannedPath } from './path.ts';
import { overOf, type PathFacts, pairsOf, type Reading, uncutChoice } from './path-facts.ts';
import { plannedValue } from './planned-value.ts';

/**
 * Recognises a question that pairs answer: grouped by exactly one planned set of columns, and else by what does not vary
 * within a person; its conditions read nothing more; and its statistics are among the totals that are stored.
 *
 * Strict: what is not certain to count the same is left to the next path.
 */
export function plannedPath({ aggregate, match }: Reading, { stored }: PathFacts): PlannedPath | null {
  const [source, ...others] = innerTables(aggregate.rows);
  // Outer joins, unions, queries within and public tables: their rows are no pairs. Of a third table of persons it is not
  // stored beside pairs who is over what is declared of it.
  if (source === undefined || others.length > 0 || aggregate.rows.sources.length > 1) return null;
  const base = match?.base ?? baseName(source.view, null);
  const over = overOf(base, stored);
  const dimensions = dimensionsOf(source, aggregate.keys);
  if (over === null || dimensions === null) return null;
  const choice = uncutChoice(aggregate);
  const pairs = pairsFor(source, { base, dimensions }, { aggregate, choice, stored });
  if (pairs === null) return null;
  const readable = readableColumns(source, dimensions, pairs);
  const isReadable = (e: Expression): boolean => readsOnly(e, source, readable);
  const isKey = (key: GroupKey): boolean => isWholeKey(key, source, dimensions) || isReadable(key.expression);
  if (!conditionsOf(aggregate).every(isReadable) || !aggregate.keys.every(isKey)) return null;
  const values = aggregate.statistics.flatMap((s) => plannedValue(s, source, isReadable) ?? []);
  if (values.length < aggregate.statistics.length) return null;
  return { kind: 'planned', choice, aggregate, ref: source.ref, ...pairs, values, over };
}

/** The pairs that a question needs, and how persons are held to the bound of groups; `null` when they are not stored. */
function pairsFor(
  source: TableSource,
  wanted: { readonly base: string; readonly dimensions: readonly string[] },
  { aggregate, choice, stored }: PathFacts & Pick<Reading, 'aggregate'>,
): Pick<PlannedPath, 'core' | 'rest' | 'groups'> | null {
  const { dimensions } = wanted;
  const isNarrowed =
    aggregate.publicGroups !== null || conditionsOf(aggregate).some((c) => readsPairs(c, source, dimensions));
  // Ranks are among all pairs of a person: where conditions on pairs leave some out, the others move up.
  const groups = choice.groups === 'all' ? 'all' : isNarrowed && dimensions.length > 0 ? 'again' : 'stored';
  const reachesRest = groups === 'again' || (groups === 'all' && aggregate.path === 'public-groups');
  const hasRest = dimensions.length > 0 && source.view.rules.rowsPerPerson > source.view.rules.maxGroupsPerPerson;
  const core = pairsOf('core', wanted, stored);
  const rest = reachesRest && hasRest ? pairsOf('rest', wanted, stored) : null;
  const isWhole = rest !== null || !reachesRest || !hasRest;
  return core !== null && isWhole ? { core, rest, groups } : null;
}

/** The conditions of the question on its joined rows, those of its joins included. */
export function conditionsOf({ rows }: PlannedAggregate): readonly Expression[] {
  return [...rows.filters, ...rows.sources.flatMap((s) => s.on)];
}

/**
 * Whether a key is a column that pairs hold as the question's key is printed: cut to a length, or in full where the owner
 * lists its values.
 */
export function isWholeKey(
  { expression, values }: GroupKey,
  { ref, view }: TableSource,
  dimensions: readonly string[],
): boolean {
  if (expression.kind !== 'column' || expression.relation !== ref) return false;
  const { column, type } = expression;
  const isListed = (view.rules.groupKeys[column]?.values ?? null) !== null;
  return dimensions.includes(column) && (type.kind !== 'text' || isListed === (values !== null));
}

/** The columns of a table that a question is grouped by as they are, each once; `null` when it is grouped otherwise. */
export function dimensionsOf({ ref, view }: TableSource, keys: readonly GroupKey[]): readonly string[] | null {
  const dimensions: string[] = [];
  for (const { expression } of keys) {
    const read = columnsIn(expression).filter((c) => c.relation === ref && isOwn(c.column, view));
    if (read.length === 0) continue;
    if (expression.kind !== 'column' || dimensions.includes(expression.column)) return null;
    dimensions.push(expression.column);
  }
  return dimensions.toSorted();
}

/** Whether a column varies over the rows of a person: those of a match's second table do not. */
export function isOwn(column: string, view: TableView): boolean {
  return column !== view.rules.identity && !column.startsWith(matchedColumn(''));
}

/** The columns that a condition on pairs may read: of texts only those that are kept in full. */
function readableColumns(
  { view }: TableSource,
  dimensions: readonly string[],
  { core, rest }: Pick<PlannedPath, 'core' | 'rest'>,
): ReadonlySet<string> {
  const isWhole = (name: string): boolean => {
    const isText = view.columns.find((c) => c.name === name)?.type.kind === 'text';
    return !isText || (core.codes.has(name) && (rest?.codes.has(name) ?? true));
  };
  const beside = view.columns.map((c) => c.name).filter((name) => !isOwn(name, view));
  return new Set([view.rules.identity, ...beside, ...dimensions.filter(isWhole)]);
}

/**
 * Whether an expression reads nothing of a source but these columns, and runs nobody's code: that is run once a row, and
 * would be run once a pair.
 */
function readsOnly(e: Expression, { ref }: TableSource, columns: ReadonlySet<string>): boolean {
  const isRead = columnsIn(e).every((c) => c.relation !== ref || columns.has(c.column));
  return isRead && allParts(e).every((part) => part.kind !== 'score');
}

function readsPairs(e: Expression, { ref }: TableSource, dimensions: readonly string[]): boolean {
  return columnsIn(e).some((c) => c.relation === ref && dimensions.includes(c.column));
}
