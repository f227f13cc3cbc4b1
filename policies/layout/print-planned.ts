import { readsOf } from '../plan/columns-needed.ts';
import { columnsIn, type Expression } from '../plan/expression.ts';
import { keptOrder } from '../plan/kept-order.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { keyColumn, type UnitBounds } from '../plan/question-tree.ts';
import { FunctionNames } from '../print/function-names.ts';
import {
  isPicked,
  partsOf,
  printKey,
  printListed,
  printSteps,
  printWhere,
  rawColumns,
} from '../print/print-aggregate.ts';
import { printExpression, quoteName } from '../print/print-expression.ts';
import { printKeptSteps } from '../print/print-kept.ts';
import {
  type Histogram,
  isListed,
  printBounded,
  printListedValue,
  printPickedRows,
  printPickedValues,
  printRowValue,
} from '../print/print-statistic.ts';
import type { NamedStatistic, PrintedParts } from '../print/printed-parts.ts';
import {
  type BoundedSteps,
  type GatheredOf,
  gathered,
  printGathered,
  printParts,
  printValueParts,
} from './gathered-parts.ts';
import { innerTables, type TableSource } from './join-match.ts';
import { LAYOUT_COLUMNS, type PathQuery, type PathTable, type ShardStep, type StoredLayout } from './layout.ts';
import { overParts, printOver } from './over-parts.ts';
import type { PlannedPath } from './path.ts';
import type { PlannedValue } from './planned-value.ts';
import { codesOfKeys, StoredTable } from './stored-tables.ts';

/** What each person brings into each group, and what it is read from. */
export interface PrintedContributions {
  /** Each person is in one of them. */
  readonly of: readonly BoundedSteps[];
  /** Keys that are codes in the first; in the others they are their texts. */
  readonly codes: ReadonlySet<string>;
  readonly tables: readonly PathTable[];
}

/** A planned path with the names of its parts. */
interface PlannedParts extends PrintedParts {
  readonly path: PlannedPath;
  readonly source: TableSource;
  /** What is read in place of each source, by its name in the question. */
  readonly tables: ReadonlyMap<string, StoredTable>;
  readonly codes: ReadonlyMap<string, Expression>;
}

/**
 * Prints counting over pairs: each is what one person brings into one group, counted before, and its rank says whether it
 * is within the bound of groups. No row of a person is met, and mostly no person either.
 */
export function printPlanned(asked: PlannedAggregate, path: PlannedPath): PathQuery {
  const parts = plannedParts(asked, path);
  const { aggregate, keys, codes, measured, tables } = parts;
  const of: GatheredOf = { aggregate, keys, codes: new Set(codes.keys()), measured };
  const steps =
    path.groups === 'again' ? printParts(of, printAgain(parts), parts) : [gathered(printPairSums(parts), of)];
  const listed = path.rows === null ? null : printListedRows(parts, path.rows);
  const over = overParts(asked, path.over, parts.style.functions, 'groups');
  return {
    steps: [...steps, ...(listed?.steps ?? []), ...printOver(of, over)],
    sql: printGathered(of, true),
    tables: [...[...tables.values()].flatMap((t) => t.tables()), ...(listed?.tables ?? []), ...over.tables],
    functions: [],
    columns: rawColumns(asked),
  };
}

function plannedParts(asked: PlannedAggregate, path: PlannedPath): PlannedParts {
  const { aggregate, choice, core, rest } = path;
  const sources = innerTables(aggregate.rows);
  const source = sources.find((s) => s.ref === path.ref);
  if (source === undefined) throw new TypeError('pairs stand for a source of the question');
  const pairs = new StoredTable(source.view, core, ...(rest === null ? [] : [rest]));
  pairs.compute(path.computed);
  const tables = new Map([[path.ref, pairs]]);
  const codes = codesOfKeys(aggregate, ({ relation }) => tables.get(relation) ?? null);
  const style = { literals: 'value', functions: new FunctionNames() } as const;
  const printing = { printTable: () => '', printOver: () => null, isCode: () => false };
  const stored = { codes, kept: keptOrder(asked), isNarrow: false, ...printing };
  return { ...partsOf(aggregate, style, choice, stored), path, source, tables, codes };
}

/** Prints what each person brings into each group: the keys and all statistics but the first, a row a pair. */
export function printPlannedContributions(asked: PlannedAggregate, path: PlannedPath): PrintedContributions {
  const parts = plannedParts(asked, path);
  const steps = path.groups === 'again' ? printAgain(parts) : { steps: printPairs(parts), source: 'b' };
  const over = overParts(asked, path.over, parts.style.functions, 'contributions');
  const tables = [...[...parts.tables.values()].flatMap((t) => t.tables()), ...over.tables];
  return { of: [steps, printSteps(over.parts)], codes: new Set(parts.codes.keys()), tables };
}

/** The steps that count values one by one, from the rows of the pairs that count. */
function printListedRows(
  ofPairs: PlannedParts,
  rows: StoredLayout,
): { readonly steps: readonly ShardStep[]; readonly tables: readonly PathTable[] } {
  const table = new StoredTable(ofPairs.source.view, rows);
  const parts = { ...ofPairs, tables: new Map([[ofPairs.path.ref, table]]) };
  const listed = parts.measured.flatMap(({ statistic, name }) => (isListed(statistic) ? [{ statistic, name }] : []));
  const steps = listed.map((named) => {
    const { statistic, name } = named;
    // Distinct texts are distinct codes, which are told apart several times as fast.
    const code = statistic.kind === 'distinct' ? table.codeOf(statistic.of) : null;
    note(code ?? statistic.of, parts);
    const value = code === null ? printRowValue(statistic, parts.style) : printExpression(code, parts.style);
    if (statistic.kind === 'histogram' && isPicked(statistic, parts))
      return printPickedParts({ statistic, name }, parts);
    const conditions = [...printConditions(parts), ...printRanked(parts, true)];
    const columns = [...printKeys(parts), `${value} AS ${name}`].join(', ');
    const read = `SELECT ${code === null ? '' : 'DISTINCT '}${columns} FROM ${printFrom(parts)}${printWhere(conditions)}`;
    const shown = code === null ? printListedValue(statistic, `a.${name}`, parts.style) : `CAST(a.${name} AS VARCHAR)`;
    const values = [...parts.keys.map((k) => `a.${k}`), `${shown} AS v`].join(', ');
    const from = `(SELECT ${values} FROM (${read}) AS a WHERE a.${name} IS NOT NULL)`;
    return printValueParts(named, { keys: parts.keys, rows: '', from });
  });
  return { steps, tables: table.tables() };
}

/** The step of a histogram that takes fewer rows of a person in a group than there may be: the least by their hash. */
function printPickedParts({ statistic, name }: NamedStatistic<Histogram>, parts: PlannedParts): ShardStep {
  const { keys, style } = parts;
  const person = printColumn(parts.path.ref, parts.source.view.rules.identity, parts);
  const columns = [`${person} AS p`, ...printKeys(parts), `${printRowValue(statistic, style)} AS ${name}`].join(', ');
  const conditions = [...printConditions(parts), ...printRanked(parts, true)];
  const read = `SELECT ${columns} FROM ${printFrom(parts)}${printWhere(conditions)}`;
  const by = ['p', ...keys].join(', ');
  const picked = `SELECT ${by}, ${printPickedRows(statistic, name, style)} AS ${name} FROM (${read}) GROUP BY ${by}`;
  const from = `(${printPickedValues(statistic, { name, keys, source: `(${picked})` })})`;
  return printValueParts({ statistic, name }, { keys, rows: '', from });
}

function printPairs(parts: PlannedParts): string {
  const values = parts.measured.map(({ name }, index) => `${printValue(index + 1, parts)} AS ${name}`);
  // A SELECT needs a column: of a question without keys that counts persons alone there is none.
  const columns = [...printKeys(parts), ...values, '1 AS one'].join(', ');
  const conditions = [...printConditions(parts), ...printRanked(parts)];
  return `b AS (SELECT ${columns} FROM ${printFrom(parts)}${printWhere(conditions)})`;
}

/** Core holds the pairs within the declared bound: a question that is held to it need not look at ranks. */
function printRanked(parts: PlannedParts, isOfRows = false): readonly string[] {
  const most = parts.aggregate.maxGroupsPerPerson;
  const { path, source } = parts;
  const isWithin = most >= source.view.rules.maxGroupsPerPerson && !isOfRows;
  const isRanked = path.groups === 'stored' && !isWithin && path.core.spec.dimensions.length > 0;
  return isRanked ? [`${printStored(LAYOUT_COLUMNS.rank, parts)} <= ${most}`] : [];
}

/** The keys and sums of a shard, from the pairs that count. */
function printPairSums(parts: PlannedParts): string {
  const { keys, measured } = parts;
  const sums = measured.flatMap(({ statistic }, index) =>
    isListed(statistic) ? [] : [`CAST(sum(${printValue(index + 1, parts)}) AS HUGEINT) AS s${index + 1}`],
  );
  const columns = [...printKeys(parts), 'CAST(count(*) AS HUGEINT) AS s0', ...sums].join(', ');
  const conditions = [...printConditions(parts), ...printRanked(parts)];
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, index) => index + 1).join(', ')}`;
  return `SELECT ${columns} FROM ${printFrom(parts)}${printWhere(conditions)}${grouped}`;
}

/** The pairs that the question's conditions leave, ranked anew in the same order. */
function printAgain(parts: PlannedParts): { readonly steps: string; readonly source: string } {
  const person = printColumn(parts.path.ref, parts.source.view.rules.identity, parts);
  const values = parts.measured.map(({ name }, index) => `${printValue(index + 1, parts)} AS ${name}`);
  const conditions = printConditions(parts);
  const columns = [`${person} AS p`, ...printKeys(parts), ...values].join(', ');
  const bounded = `b AS (SELECT ${columns} FROM ${printFrom(parts)}${printWhere(conditions)})`;
  return { steps: [bounded, ...printKeptSteps(parts)].join(', '), source: 'l' };
}

function printKeys(parts: PlannedParts): readonly string[] {
  return parts.aggregate.keys.map((key, index) => {
    const name = keyColumn(index);
    const code = parts.codes.get(name);
    note(code ?? key.expression, parts);
    return `${printKey(key, parts.style, code)} AS ${name}`;
  });
}

function printConditions(parts: PlannedParts): readonly string[] {
  const { rows, keys, publicGroups } = parts.aggregate;
  const conditions = [...rows.filters, ...rows.sources.flatMap((s) => s.on)];
  for (const e of [...conditions, ...(publicGroups === null ? [] : keys.map((k) => k.expression))]) note(e, parts);
  return [...conditions.map((c) => printExpression(c, parts.style)), ...printListed(parts.aggregate, parts.style)];
}

/** To be printed last: what is read is known by then. */
function printFrom({ path, tables }: PlannedParts): string {
  return `${tables.get(path.ref)?.print() ?? ''} AS ${path.ref}`;
}

/** Notes what an expression reads. */
function note(e: Expression, { tables }: PlannedParts): void {
  for (const { relation, column } of columnsIn(e)) tables.get(relation)?.read(column);
}

function printStored(column: string, parts: PlannedParts): string {
  return printColumn(parts.path.ref, column, parts);
}

function printColumn(ref: string, column: string, { tables }: PlannedParts): string {
  tables.get(ref)?.read(column);
  return `${ref}.${quoteName(column)}`;
}

/** What a pair brings to a statistic, bounded: bounds that its totals cannot reach are not asked for. */
function printValue(index: number, parts: PlannedParts): string {
  const planned = parts.path.values[index];
  if (planned === undefined) throw new TypeError('a statistic is not among the totals of pairs');
  if (planned === null) return printOnPair(index, parts);
  const { column, when } = planned;
  const total = column === null ? '1' : printClamped(`CAST(${printStored(column, parts)} AS BIGINT)`, planned);
  if (when === null) return total;
  note(when, parts);
  const nothing = printClamped('0', { range: { lower: 0n, upper: 0n }, bounds: planned.bounds });
  return `CASE WHEN ${printExpression(when, parts.style)} THEN ${total} ELSE ${nothing} END`;
}

/** A statistic of what a query made of the rows of a pair: the pair is its one row of the person in the group. */
function printOnPair(index: number, parts: PlannedParts): string {
  const statistic = parts.aggregate.statistics[index];
  if (statistic === undefined || isListed(statistic)) throw new TypeError('a statistic is not counted pair by pair');
  for (const e of readsOf({ statistics: [statistic] })) note(e, parts);
  return printBounded(statistic, `(${printRowValue(statistic, parts.style)})`, {
    style: parts.style,
    rows: 'one-row',
    brought: 'units',
  });
}

/**
 * As CASE, because the engine knows the range of its branches: a sum that cannot overflow is then made in 64 bits, in two
 * thirds of the time. A total is never NULL.
 */
function printClamped(value: string, { range, bounds }: Pick<PlannedValue, 'range' | 'bounds'>): string {
  const [lower, upper] = [printBound(bounds.lower), printBound(bounds.upper)];
  const isBelow = range.lower < bounds.lower ? [`WHEN ${value} < ${lower} THEN ${lower}`] : [];
  const isAbove = range.upper > bounds.upper ? [`WHEN ${value} > ${upper} THEN ${upper}`] : [];
  const branches = [...isBelow, ...isAbove];
  return branches.length === 0 ? value : `CASE ${branches.join(' ')} ELSE ${value} END`;
}

/** Bounds that bite are within what a column of 64 bits holds. */
function printBound(bound: UnitBounds['lower']): string {
  return `CAST('${bound}' AS BIGINT)`;
}
