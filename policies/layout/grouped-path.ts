import { readsOf } from '../plan/columns-needed.ts';
import type { ColumnExpression, Expression } from '../plan/expression.ts';
import { keptOrder } from '../plan/kept-order.ts';
import { type ColumnMap, mapColumns, mapKey, mapStatistic } from '../plan/map-columns.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { PERSON_COLUMN, type RowInput } from '../plan/protected-rows.ts';
import type { GroupKey } from '../plan/question-tree.ts';
import { isListed } from '../print/print-statistic.ts';
import { baseName, innerTables, type TableSource } from './join-match.ts';
import { readingsOf } from './matches-of.ts';
import { type ComputedColumn, pairTotal } from './pair-total.ts';
import type { PlannedPath } from './path.ts';
import { overOf, type PathFacts, type Reading, uncutChoice } from './path-facts.ts';
import { conditionsOf, dimensionsOf, pairsFor, readableColumns, readsOnly, readsPairs } from './planned-path.ts';

type PersonRows = Extract<RowInput, { kind: 'per-person' }>;

/** A question over the rows of a query that groups by the person, as one over pairs. */
interface GroupedReading {
  readonly aggregate: PlannedAggregate;
  readonly source: TableSource;
  /** The columns that make a pair. */
  readonly dimensions: readonly string[];
  readonly computed: ReadonlyMap<string, ComputedColumn>;
}

/** The name by which a program reads what is computed of a pair; owners' columns are named without spaces. */
function computedName(name: string): string {
  return `made ${name}`;
}

/**
 * Recognises a question over a query that groups by the person: where that is grouped by a planned set of columns too,
 * and by what does not vary within a person, each of its rows is a pair, and what it makes of a person's rows there has
 * been counted before. The frequency of events is such a question, and the average of what persons spend.
 *
 * Strict: what is not certain to count the same is left to the next path.
 */
export function groupedPath({ asked, match }: Reading, facts: PathFacts): PlannedPath | null {
  const [only, ...others] = asked.rows.sources;
  if (match !== null || only?.input.kind !== 'per-person' || others.length > 0 || only.on.length > 0) return null;
  const { input, ref } = only;
  for (const reading of readingsOf(withinOf(asked, input), facts)) {
    const path = pathOver(asked, { input, ref, reading }, facts);
    if (path !== null) return path;
  }
  return null;
}

/** The rows that are grouped by the person, with all that the grouping computes on them for keys. */
function withinOf(asked: PlannedAggregate, { rows, keys, values }: PersonRows): PlannedAggregate {
  const read = [...keys.map((k) => k.expression), ...values.flatMap((v) => v.aggregate.of ?? [])];
  return { ...asked, rows, keys: read.map((e) => ({ expression: e, type: e.type, values: null })), statistics: [] };
}

interface Grouping {
  readonly input: PersonRows;
  /** Its name in the question. */
  readonly ref: string;
  readonly reading: Reading;
}

function pathOver(asked: PlannedAggregate, grouping: Grouping, { stored }: PathFacts): PlannedPath | null {
  const read = readGrouped(asked, grouping);
  if (read === null) return null;
  const { aggregate, source, dimensions, computed } = read;
  const base = grouping.reading.match?.base ?? baseName(source.view, null);
  const over = overOf(base, stored);
  const groups = groupsOf(asked, read);
  const pairs = pairsFor(source, { base, dimensions, groups }, { aggregate, stored });
  if (over === null || pairs === null) return null;
  const readable = new Set([...readableColumns(source, dimensions, pairs), ...computed.keys()]);
  const isReadable = (e: Expression): boolean => readsOnly(e, source, readable);
  const within = grouping.reading.aggregate.keys.slice(0, grouping.input.keys.length);
  const keys = [...within, ...aggregate.keys].map((key) => key.expression);
  const conditions = [...keys, ...conditionsOf(aggregate), ...readsOf({ statistics: aggregate.statistics })];
  if (!conditions.every(isReadable) || !isOneRow(read) || aggregate.statistics.some(isListed)) return null;
  const values = aggregate.statistics.map(() => null);
  return {
    kind: 'planned',
    choice: uncutChoice(asked),
    aggregate,
    ref: source.ref,
    ...pairs,
    values,
    computed,
    rows: null,
    over,
  };
}

/** The question with the columns of its query replaced by those of the pairs; `null` when pairs do not have them. */
function readGrouped(asked: PlannedAggregate, { input, ref, reading }: Grouping): GroupedReading | null {
  const { rows, tables, keys } = reading.aggregate;
  const [source] = innerTables(rows);
  if (source === undefined || rows.sources.length > 1) return null;
  const within = keys.slice(0, input.keys.length);
  const dimensions = dimensionsOf(source, within);
  if (dimensions === null || !within.every(isExact)) return null;
  const arguments_ = keys.slice(input.keys.length).map((key) => key.expression);
  const computed = new Map<string, ComputedColumn>();
  for (const { name, aggregate } of input.values) {
    const of = aggregate.of === null ? null : (arguments_.shift() ?? null);
    const total = pairTotal(aggregate, of, source.view);
    if (total === null) return null;
    computed.set(computedName(name), total);
  }
  const change: ColumnMap = (column) => {
    return column.relation === ref ? columnWithin(column, { input, within, source }) : column;
  };
  const filters = [...rows.filters, ...asked.rows.filters.map((c) => mapColumns(c, change))];
  return {
    source,
    dimensions,
    computed,
    aggregate: {
      ...asked,
      rows: { ...rows, filters },
      tables,
      keys: asked.keys.map((key) => mapKey(key, change)),
      statistics: asked.statistics.map((s) => mapStatistic(s, change)),
    },
  };
}

/** What stands for a column of the query: the person, one of its keys, or what it computes. */
function columnWithin(
  column: ColumnExpression,
  {
    input,
    within,
    source,
  }: { readonly input: PersonRows; readonly within: readonly GroupKey[]; readonly source: TableSource },
): Expression {
  if (column.column === PERSON_COLUMN) return { ...column, relation: source.ref, column: source.view.rules.identity };
  const key = within[input.keys.findIndex((k) => k.name === column.column)];
  return key?.expression ?? { ...column, relation: source.ref, column: computedName(column.column) };
}

/** Of floating-point numbers a grouping keeps one of equals, which is another column. */
function isExact({ type }: GroupKey): boolean {
  return type.kind !== 'double' && type.kind !== 'interval' && type.kind !== 'null';
}

/** Whether a person has one row of the query in each group at most: it is grouped by all that makes a pair. */
function isOneRow({ aggregate, dimensions }: GroupedReading): boolean {
  return dimensions.every((dimension) => aggregate.keys.some((key) => columnOf(key) === dimension));
}

/** How a person is held to the bound of groups: by the stored ranks where all pairs count, in the order of the question. */
function groupsOf(asked: PlannedAggregate, read: GroupedReading): PlannedPath['groups'] {
  const { aggregate, source, dimensions, computed } = read;
  if (uncutChoice(asked).groups === 'all') return 'all';
  if (dimensions.length === 0) return 'stored';
  const ofPairs = [...dimensions, ...computed.keys()];
  const order = keptOrder(asked).varying.map((name) => columnOf(aggregate.keys[Number(name.slice(1))]));
  const isStored = order.join(', ') === dimensions.join(', ');
  const isNarrowed =
    aggregate.publicGroups !== null || conditionsOf(aggregate).some((c) => readsPairs(c, source, ofPairs));
  return isStored && !isNarrowed ? 'stored' : 'again';
}

function columnOf(key: GroupKey | undefined): string | null {
  return key?.expression.kind === 'column' ? key.expression.column : null;
}
