import { type TableView, tableName } from '../collaboration/table-view.ts';
import { type BoundingChoice, declaredChoice } from '../plan/bounding-choice.ts';
import { readsOf } from '../plan/columns-needed.ts';
import type { Expression } from '../plan/expression.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { ProtectedRows } from '../plan/protected-rows.ts';
import { type GroupKey, type KeyValue, keyColumn, type Statistic } from '../plan/question-tree.ts';
import { rowsPerPerson } from '../plan/stability.ts';
import { FunctionNames, type PrintedFunction } from './function-names.ts';
import { type LiteralStyle, type PrintStyle, printExpression, quoteText } from './print-expression.ts';
import { printKeptSteps } from './print-kept.ts';
import { printRows, type RowStyle } from './print-rows.ts';
import {
  isListed,
  type ListedStatistic,
  printBounded,
  printCountOfValues,
  printListedValue,
  printPickedRows,
  printPickedValues,
  printRowValue,
  printUnitsOfSum,
} from './print-statistic.ts';
import type { NamedStatistic, PrintedParts, StoredReading } from './printed-parts.ts';

/**
 * What the engine returns for one column of the raw groups. Counts and sums come as text, as they may exceed 64 bits,
 * and histograms as `bin:count,bin:count`, without the bins that are empty.
 */
export interface RawColumn {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'boolean' | 'date' | 'timestamp';
}

/** SQL for the engine, and the shape of what it returns. */
export interface PrintedQuery {
  readonly sql: string;
  /** Scoring functions that the SQL calls, each version once, in order of appearance; mostly none. */
  readonly functions: readonly PrintedFunction[];
  readonly columns: readonly RawColumn[];
}

/** Programs over whole tables are always given the salt, and a parameter that no step reads would be an error of its own. */
export const SALT_IS_READ = 'hash($1) IS NOT NULL';

/**
 * Prints a planned aggregation for DuckDB: exact integers per group, each person bounded.
 *
 * Steps: `r` rows with their values, `b` a person's bounded values in a group,
 * `h` persons over the bound of groups, `l` the groups that are kept, `g` groups, `d…` what is counted over lists of
 * values. `$1` is the salt
 * that decides what of a person over a bound is kept: secret, or a brand that may choose identifiers could choose the
 * sample. Steps that `choice` knows to change nothing are left out; the groups are the same.
 */
export function printAggregate(
  aggregate: PlannedAggregate,
  literals: LiteralStyle = 'value',
  choice: BoundingChoice = declaredChoice(aggregate),
): PrintedQuery {
  const style = { literals, functions: new FunctionNames() };
  const parts = { ...partsOf(aggregate, style, choice), brought: 'decimals' } as const;
  const { measured } = parts;
  const listed = measured.flatMap(({ statistic, name }) => (isListed(statistic) ? [{ statistic, name }] : []));
  const { steps, source } = printSteps(parts);
  return {
    functions: style.functions.list(),
    sql: `WITH ${steps}${printGroups(parts, listed, source)}`,
    columns: rawColumns(aggregate),
  };
}

/**
 * Prints what each person brings into each group, bounded: a row a person and group, with the person `p`, the keys and
 * the statistics but the first, which is 1. For statistics that add up over persons only. `functions` names the scoring
 * functions of the query that this is a part of.
 */
export function printContributions(
  aggregate: PlannedAggregate,
  functions: FunctionNames,
  choice: BoundingChoice = declaredChoice(aggregate),
): string {
  const parts = partsOf(aggregate, { literals: 'value', functions }, choice);
  const { steps, source } = printSteps(parts);
  return `WITH ${steps} SELECT ${['p', ...parts.keys, ...parts.measured.map((m) => m.name)].join(', ')} FROM ${source}`;
}

/** Names what all steps of an aggregation share; persons bring whole units. */
export function partsOf(
  aggregate: PlannedAggregate,
  style: PrintStyle,
  choice: BoundingChoice,
  stored: StoredReading | null = null,
): PrintedParts {
  const keys = aggregate.keys.map((_, index) => keyColumn(index));
  const measured = aggregate.statistics.map((statistic, index) => ({ statistic, name: `s${index}` })).slice(1);
  return { aggregate, style, choice, keys, measured, stored, brought: 'units' };
}

/** Whether a person may have more rows in a group than a histogram takes of them, so that some are picked. */
export function isPicked(statistic: Statistic, { aggregate, choice }: Pick<PrintedParts, 'aggregate' | 'choice'>) {
  const isHistogram = statistic.kind === 'histogram' && choice.persons === 'grouped';
  return isHistogram && statistic.upper < BigInt(rowsPerPerson(aggregate.rows));
}

/** Whether a statistic is a column of what each person brings into each group: a number, or a histogram's picked rows. */
function isBrought(statistic: Statistic, parts: PrintedParts): boolean {
  return !isListed(statistic) || isPicked(statistic, parts);
}

/** The steps up to what each person brings into each group, and the name of the last. */
export function printSteps(parts: PrintedParts): { readonly steps: string; readonly source: string } {
  const isCut = parts.choice.groups === 'kept';
  const steps = [
    printRowSteps(parts),
    `b AS (${printPersonStep(parts)})`,
    ...(isCut
      ? printKeptSteps({ ...parts, measured: parts.measured.filter((m) => isBrought(m.statistic, parts)) })
      : []),
  ];
  return { steps: steps.join(', '), source: isCut ? 'l' : 'b' };
}

/**
 * The steps of rows, for what counts values one by one; as of WITH.
 *
 * Few rows are put together first: a condition that leaves one in thirty hands them on by the dozen, and each step takes as
 * long for a dozen as for a thousand.
 */
export function printRowSteps(parts: PrintedParts): string {
  const kept = parts.stored?.isNarrow === true ? 'MATERIALIZED ' : isReadTwice(parts) ? 'NOT MATERIALIZED ' : '';
  return `r AS ${kept}(${printRowStep(parts)})`;
}

/**
 * Whether rows are read once more rather than kept: plain tables, where to keep them would take more memory than all the
 * rest. Code that a member handed in is called once a row.
 */
function isReadTwice(parts: PrintedParts): boolean {
  const { aggregate, style, choice, stored } = parts;
  // Of layouts few rows are cut, if any.
  const isCut = (view: TableView): boolean => stored === null && !choice.uncut.has(tableName(view));
  const isWhole = aggregate.rows.sources.every(({ input }) => input.kind === 'table' && !isCut(input.view));
  const isListing = aggregate.statistics.some((s) => !isBrought(s, parts));
  return isListing && isWhole && style.functions.list().length === 0;
}

/**
 * Prints the values of a person in groups that are counted one by one, as the keys and `v`; at most so many of a person
 * and group.
 *
 * `source` names the step with what persons bring into the groups that they keep, among it the rows that were picked. Which distinct values stay
 * follows from the salt, the person and the values: an owner that could foresee it could choose the sample.
 */
export function printListedValues(
  { statistic, name }: NamedStatistic<ListedStatistic>,
  parts: PrintedParts,
  source: string,
): string {
  const { aggregate, choice, keys, style } = parts;
  if (statistic.kind === 'histogram' && isPicked(statistic, parts))
    return printPickedValues(statistic, { name, keys, source });
  const same = ['a.p = o.p', ...keys.map((k) => `a.${k} IS NOT DISTINCT FROM o.${k}`)].join(' AND ');
  const within = choice.groups === 'kept' ? ` SEMI JOIN ${source} AS o ON ${same}` : '';
  const value = `${printListedValue(statistic, `a.${name}`, style)} AS v`;
  const values = `${[...keys.map((k) => `a.${k}`), value].join(', ')} FROM r AS a${within} WHERE a.${name} IS NOT NULL`;
  // No person has more values than rows.
  const isCut = statistic.kind === 'distinct' && statistic.upper < rowsPerPerson(aggregate.rows);
  if (!isCut) return `SELECT ${values}`;
  // Two sort keys keep DuckDB's top-N rewrite away; it had wrong results.
  const number = `row_number() OVER (PARTITION BY ${['p', ...keys].join(', ')} ORDER BY hash(p, v, $1), v) AS n`;
  const numberedValues = `SELECT *, ${number} FROM (SELECT DISTINCT a.p, ${values})`;
  return `SELECT ${[...keys, 'v'].join(', ')} FROM (${numberedValues}) WHERE n <= ${statistic.upper}`;
}

/** Prints the selection of an audience: the persons, once each. */
export function printPersons(
  selection: { readonly rows: ProtectedRows },
  literals: LiteralStyle = 'value',
): Omit<PrintedQuery, 'columns'> {
  const style = { literals, functions: new FunctionNames() };
  const sql = printSelected(selection.rows, { ...style, uncut: new Set() });
  return { sql, functions: style.functions.list() };
}

/** Prints the persons of rows as `person`, once each. Nobody is in no audience, as nobody is counted in its size. */
export function printSelected(rows: ProtectedRows, style: RowStyle): string {
  const { from, where, person } = printRows(rows, style, []);
  return `SELECT DISTINCT ${person} AS person FROM ${from}${printWhere([...where, SALT_IS_READ])}`;
}

function printRowStep({ aggregate, style, choice, measured, stored }: PrintedParts): string {
  const rowStyle = { ...style, uncut: choice.uncut, ...(stored === null ? {} : { stored }) };
  const reads = [...readsOf(aggregate), ...(stored?.codes.values() ?? [])];
  const { from, where, person } = printRows(aggregate.rows, rowStyle, reads);
  const columns = [
    `${person} AS p`,
    ...aggregate.keys.map((k, i) => `${printKey(k, style, stored?.codes.get(keyColumn(i)))} AS ${keyColumn(i)}`),
    ...measured.map(({ statistic, name }) => `${printRowValue(statistic, style)} AS ${name}`),
  ];
  const conditions = [...where, ...printListed(aggregate, style), ...(stored === null ? [SALT_IS_READ] : [])];
  return `SELECT ${columns.join(', ')} FROM ${from}${printWhere(conditions)}`;
}

/** The conditions that keep to the groups that are listed, where all are. */
export function printListed({ keys, publicGroups }: PlannedAggregate, style: PrintStyle): readonly string[] {
  if (publicGroups === null) return [];
  return keys.flatMap((k) => (k.values && !isHeld(k) ? [printIsListed(k, k.values, style)] : []));
}

/**
 * Longest text of a key, in characters. Groups of long names that only one person lifts to the minimum would make the
 * result too large for the wall, and the run would fail for that person.
 */
const MAX_KEY_CHARACTERS = 250;

/** Prints a key of a group; `code` stands for its text where that is in a dictionary, which holds no longer ones. */
export function printKey(key: GroupKey, style: PrintStyle, code?: Expression): string {
  if (code !== undefined) return printExpression(code, style);
  const value = printExpression(key.expression, style);
  return key.type.kind === 'text' && key.values === null ? printCutText(value) : value;
}

/** Prints a text as it is as a key of a group. */
export function printCutText(text: string): string {
  return `left(${text}, ${MAX_KEY_CHARACTERS})`;
}

/** Prints the conditions of a SELECT. */
export function printWhere(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** A score can be nothing but what is listed: it is printed so, and to ask once more would run its code twice a row. */
function isHeld({ expression }: GroupKey): boolean {
  return expression.kind === 'score';
}

/** Values outside the public list must not take up one of the groups that a person may reach. */
function printIsListed(key: GroupKey, values: readonly KeyValue[], style: PrintStyle): string {
  const value = printExpression(key.expression, style);
  const present = values.filter((v) => v !== null).map((v) => printKeyValue(v, style));
  const isPresent = present.length === 0 ? [] : [`${value} IN (${present.join(', ')})`];
  const isMissing = values.includes(null) ? [`${value} IS NULL`] : [];
  const either = [...isPresent, ...isMissing];
  return either.length === 0 ? 'FALSE' : `(${either.join(' OR ')})`;
}

function printKeyValue(value: string | bigint | boolean, style: PrintStyle): string {
  if (style.literals === 'mark') return '?';
  if (typeof value === 'string') return quoteText(value);
  return typeof value === 'bigint' ? `CAST('${value}' AS BIGINT)` : String(value).toUpperCase();
}

function printPersonStep(parts: PrintedParts): string {
  const { style, choice, keys, measured, brought } = parts;
  const printed = { style, rows: choice.persons, brought };
  const values = measured.flatMap(({ statistic, name }) => {
    if (!isListed(statistic)) return [`${printBounded(statistic, name, printed)} AS ${name}`];
    const isOfRows = statistic.kind === 'histogram' && isPicked(statistic, parts);
    return isOfRows ? [`${printPickedRows(statistic, name, style)} AS ${name}`] : [];
  });
  const person = ['p', ...keys].join(', ');
  const grouped = choice.persons === 'grouped' ? ` GROUP BY ${person}` : '';
  return `SELECT ${[person, ...values].join(', ')} FROM r${grouped}`;
}

/** Prints the sum over persons of what each brings to a statistic, in whole units; NULL for no persons. */
export function printSumOfPersons({ statistic, name }: NamedStatistic, { choice, brought }: PrintedParts): string {
  return printUnitsOfSum(statistic, `sum(${name})`, { rows: choice.persons, brought });
}

function printGroups(parts: PrintedParts, listed: readonly NamedStatistic<ListedStatistic>[], source: string): string {
  const { aggregate, keys, measured } = parts;
  const summed = measured.filter(({ statistic }) => !isListed(statistic));
  const sums = summed.map((of) => `CAST(${printSumOfPersons(of, parts)} AS VARCHAR) AS ${of.name}`);
  const columns = [...keys, 'CAST(count(*) AS VARCHAR) AS s0', ...sums].join(', ');
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  // The exact test of the group size belongs to groups that are themselves protected; public ones are all returned.
  const sized = aggregate.publicGroups === null ? ` HAVING count(*) >= ${aggregate.minGroupSize}` : '';
  const groups = `SELECT ${columns} FROM ${source}${grouped}${sized}`;
  if (listed.length === 0) return ` ${groups}`;
  const counts = listed.map((named) => {
    const values = printListedValues(named, parts, source);
    return `d${named.name} AS (${printCountOfValues(named.statistic, named.name, keys, values)})`;
  });
  const joins = listed.map(({ name }) => {
    const isSame = keys.map((k) => `g.${k} IS NOT DISTINCT FROM d${name}.${k}`);
    return `LEFT JOIN d${name} ON ${isSame.length === 0 ? 'TRUE' : isSame.join(' AND ')}`;
  });
  const read = [
    ...keys.map((k) => `g.${k}`),
    'g.s0',
    ...measured.map(({ statistic, name }) => `${isListed(statistic) ? `d${name}` : 'g'}.${name}`),
  ];
  return `, g AS (${groups}), ${counts.join(', ')} SELECT ${read.join(', ')} FROM g ${joins.join(' ')}`;
}

/** The columns of the raw groups. */
export function rawColumns({ keys, statistics }: PlannedAggregate): readonly RawColumn[] {
  return [
    ...keys.map((key, index) => ({ name: keyColumn(index), kind: rawKind(key) })),
    ...statistics.map((_, index) => ({ name: `s${index}`, kind: 'text' as const })),
  ];
}

function rawKind(key: GroupKey): RawColumn['kind'] {
  switch (key.type.kind) {
    case 'integer':
    case 'boolean':
    case 'date':
    case 'timestamp':
      return key.type.kind;
    default:
      return 'text';
  }
}
