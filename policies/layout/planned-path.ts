import type { TableView } from '../collaboration/table-view.ts';
import { allParts, columnsIn, type Expression } from '../plan/expression.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { GroupKey, Statistic } from '../plan/question-tree.ts';
import { rowsPerPerson } from '../plan/stability.ts';
import { isListed } from '../print/print-statistic.ts';
import { baseName, innerTables, type TableSource } from './join-match.ts';
import { matchedColumn, type StoredLayout } from './layout.ts';
import type { PlannedPath } from './path.ts';
import { overOf, type PathFacts, pairsOf, type Reading, rowsOf, uncutChoice } from './path-facts.ts';
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
  const isNarrowed =
    aggregate.publicGroups !== null || conditionsOf(aggregate).some((c) => readsPairs(c, source, dimensions));
  // Ranks are among all pairs of a person: where conditions on pairs leave some out, the others move up.
  const groups = choice.groups === 'all' ? 'all' : isNarrowed && dimensions.length > 0 ? 'again' : 'stored';
  const pairs = pairsFor(source, { base, dimensions, groups }, { aggregate, stored });
  if (pairs === null) return null;
  const readable = readableColumns(source, dimensions, pairs);
  const isReadable = (e: Expression): boolean => readsOnly(e, source, readable);
  const isKey = (key: GroupKey): boolean => isWholeKey(key, source, dimensions) || isReadable(key.expression);
  if (!conditionsOf(aggregate).every(isReadable) || !aggregate.keys.every(isKey)) return null;
  const rows = aggregate.statistics.some(isListed) ? listedRows(aggregate, { base, dimensions, groups }, stored) : null;
  const values = aggregate.statistics.map((s) => (isListed(s) ? null : plannedValue(s, source, isReadable)));
  const isCounted = (s: Statistic, index: number): boolean => (isListed(s) ? rows : values[index]) != null;
  if (!aggregate.statistics.every(isCounted)) return null;
  return { kind: 'planned', choice, aggregate, ref: source.ref, ...pairs, values, computed: new Map(), rows, over };
}

/** The pairs that a question needs, as persons are held to the bound of groups; `null` when they are not stored. */
export function pairsFor(
  source: TableSource,
  wanted: { readonly base: string; readonly dimensions: readonly string[] } & Pick<PlannedPath, 'groups'>,
  { aggregate, stored }: Pick<PathFacts, 'stored'> & Pick<Reading, 'aggregate'>,
): Pick<PlannedPath, 'core' | 'rest' | 'groups'> | null {
  const { dimensions, groups } = wanted;
  const reachesRest = groups === 'again' || (groups === 'all' && aggregate.path === 'public-groups');
  const hasRest = dimensions.length > 0 && source.view.rules.rowsPerPerson > source.view.rules.maxGroupsPerPerson;
  const core = pairsOf('core', wanted, stored);
  const rest = reachesRest && hasRest ? pairsOf('rest', wanted, stored) : null;
  const isWhole = rest !== null || !reachesRest || !hasRest;
  return core !== null && isWhole ? { core, rest, groups } : null;
}

/**
 * The rows from which values are counted one by one, beside pairs that say how many persons there are: those whose rank
 * is that of their pair, or all where no group of a person is left out. `null` where what a person brings is cut further.
 */
function listedRows(
  { rows, statistics }: PlannedAggregate,
  wanted: { readonly base: string; readonly dimensions: readonly string[] } & Pick<PlannedPath, 'groups'>,
  stored: readonly StoredLayout[],
): StoredLayout | null {
  const { base, dimensions, groups } = wanted;
  const found = rowsOf(base, stored);
  const most = BigInt(rowsPerPerson(rows));
  const isWhole = (s: Statistic): boolean =>
    !isListed(s) || ((s.kind === 'histogram' || s.upper >= most) && !runsCode(s.of));
  if (found === null || groups === 'again' || !statistics.every(isWhole)) return null;
  const isRanked = groups === 'stored' && dimensions.length > 0;
  return isRanked && found.spec.dimensions.join(', ') !== dimensions.join(', ') ? null : found;
}

function runsCode(e: Expression): boolean {
  return allParts(e).some((part) => part.kind === 'score');
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
export function readableColumns(
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
export function readsOnly(e: Expression, { ref }: TableSource, columns: ReadonlySet<string>): boolean {
  const isRead = columnsIn(e).every((c) => c.relation !== ref || columns.has(c.column));
  return isRead && !runsCode(e);
}

/** Whether an expression reads one of these columns of a source. */
export function readsPairs(e: Expression, { ref }: TableSource, columns: readonly string[]): boolean {
  return columnsIn(e).some((c) => c.relation === ref && columns.includes(c.column));
}
