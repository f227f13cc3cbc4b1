import { tableName } from '../collaboration/table-view.ts';
import { columnsNeeded, type NeededColumns } from '../plan/columns-needed.ts';
import type { Expression, PlanTable } from '../plan/expression.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { type GroupKey, keyColumn, type Statistic } from '../plan/question-tree.ts';
import { type LiteralStyle, printExpression, quoteName, quoteText } from './print-expression.ts';

/** What the engine returns for one column of the raw groups. Counts and sums come as text: they may exceed 64 bits. */
export interface RawColumn {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'boolean' | 'date' | 'timestamp';
}

/** SQL for the engine, and the shape of what it returns. */
export interface PrintedQuery {
  readonly sql: string;
  readonly columns: readonly RawColumn[];
}

/**
 * Prints a planned aggregation for DuckDB: exact integers per group, each person bounded.
 *
 * `$1` is the salt that decides which groups of a person over the bound are kept: secret, or a brand that may choose
 * identifiers could choose the sample. Two sort keys keep DuckDB's top-N rewrite away, which had wrong results.
 */
export function printAggregate(aggregate: PlannedAggregate, literals: LiteralStyle = 'value'): PrintedQuery {
  const keys = aggregate.keys.map((_, index) => keyColumn(index));
  const measured = aggregate.statistics.map((statistic, index) => ({ statistic, name: `s${index}` })).slice(1);
  const list = (...parts: readonly (readonly string[])[]): string => parts.flat().join(', ');
  const rows = [
    `SELECT ${list(
      [`${personOf(aggregate.tables)} AS p`],
      aggregate.keys.map((k, i) => `${printKey(k, literals)} AS k${i}`),
      measured.map(({ statistic, name }) => `${printRow(statistic, literals)} AS ${name}`),
    )}`,
    `FROM ${printTables(aggregate)}`,
    ...printWhere(aggregate, literals),
  ].join(' ');
  const bounded = `SELECT ${list(
    ['p'],
    keys,
    measured.map(({ statistic, name }) => `${printBounded(statistic, name, literals)} AS ${name}`),
  )} FROM r GROUP BY ${list(['p'], keys)}`;
  const ranked = `SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(${list(['p'], keys, ['$1'])}), ${list(keys, ['p'])}) AS n FROM b`;
  const sums = measured.map(({ name }) => `CAST(sum(${name}) AS VARCHAR) AS ${name}`);
  const groups = `SELECT ${list(keys, ['CAST(count(*) AS VARCHAR) AS s0'], sums)} FROM l WHERE n <= ${aggregate.maxGroupsPerPerson}`;
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${list(keys)}`;
  // The exact test of the group size belongs to groups that are themselves protected; public ones are all returned.
  const sized = aggregate.publicGroups === null ? ` HAVING count(*) >= ${aggregate.minGroupSize}` : '';
  return {
    sql: `WITH r AS (${rows}), b AS (${bounded}), l AS (${ranked}) ${groups}${grouped}${sized}`,
    columns: [
      ...aggregate.keys.map((key, index) => ({ name: keyColumn(index), kind: rawKind(key) })),
      ...aggregate.statistics.map((_, index) => ({ name: `s${index}`, kind: 'text' as const })),
    ],
  };
}

/** Prints the selection of an audience: the persons, once each. */
export function printPersons(
  selection: { readonly tables: readonly PlanTable[]; readonly where: readonly Expression[] },
  literals: LiteralStyle = 'value',
): string {
  const person = personOf(selection.tables);
  // Nobody is in no audience, as nobody is counted in its size.
  const where = [`${person} IS NOT NULL`, ...selection.where.map((w) => printExpression(w, literals))];
  return `SELECT DISTINCT ${person} AS person FROM ${printTables(selection)} WHERE ${where.join(' AND ')}`;
}

function personOf(tables: readonly PlanTable[]): string {
  const [first] = tables;
  return first === undefined ? 'NULL' : `${first.ref}.${quoteName(first.view.rules.identity)}`;
}

function printTables(plan: Parameters<typeof columnsNeeded>[0]): string {
  const [first, ...rest] = columnsNeeded(plan);
  if (first === undefined) return '';
  if (rest.length === 0) return `${quoteName(tableName(first.table.view))} AS ${first.table.ref}`;
  // Every table is joined on the person of the first: the check has shown that all identities are set equal.
  const joins = rest.map((t) => `JOIN ${printCut(t)} ON ${personOf([t.table])} = ${personOf([first.table])}`);
  return [printCut(first), ...joins].join(' ');
}

/**
 * A table of a join, cut to the rows that its owner declared for one person.
 *
 * Without the cut a member could load one address ten thousand times, join the table with itself, and learn from the
 * time of the answer whether that person is in the other member's data. Which rows are kept follows from the person's
 * own rows alone; rows that tie are equal in every column that is read. Two sort keys, as above.
 */
function printCut({ table, columns }: NeededColumns): string {
  const { identity, rowsPerPerson } = table.view.rules;
  const names = columns.map(quoteName).join(', ');
  const number = quoteName(CUT_COLUMN);
  const numbered = `row_number() OVER (PARTITION BY ${quoteName(identity)} ORDER BY hash(${names}), ${names}) AS ${number}`;
  const inner = `SELECT ${names}, ${numbered} FROM ${quoteName(tableName(table.view))}`;
  return `(SELECT ${names} FROM (${inner}) WHERE ${number} <= ${rowsPerPerson}) AS ${table.ref}`;
}

/** A name that no column can have: columns are named without spaces. */
const CUT_COLUMN = 'row of person';

function printWhere(aggregate: PlannedAggregate, literals: LiteralStyle): readonly string[] {
  const filters = aggregate.where.map((w) => printExpression(w, literals));
  const listed =
    aggregate.publicGroups === null
      ? []
      : aggregate.keys.flatMap((k) => (k.values ? [inValues(k, k.values, literals)] : []));
  const all = [`${personOf(aggregate.tables)} IS NOT NULL`, ...filters, ...listed];
  return [`WHERE ${all.join(' AND ')}`];
}

/** Values outside the public list must not take up one of the groups that a person may reach. */
function inValues(key: GroupKey, values: readonly string[], literals: LiteralStyle): string {
  return `${printExpression(key.expression, literals)} IN (${values.map(quoteText).join(', ')})`;
}

function printKey(key: GroupKey, literals: LiteralStyle): string {
  return printExpression(key.expression, literals);
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

/** A statistic's value on one row. */
function printRow(statistic: Statistic, literals: LiteralStyle): string {
  switch (statistic.kind) {
    case 'persons':
      return '1';
    case 'persons-where':
      return `CASE WHEN ${printExpression(statistic.when, literals)} THEN 1 ELSE 0 END`;
    case 'rows':
      return statistic.when === null ? '1' : `CASE WHEN ${printExpression(statistic.when, literals)} THEN 1 ELSE 0 END`;
    default:
      return printSummand(statistic, literals);
  }
}

/** Fixed point: a sum in floating point depends on the order of its rows and has no exact sensitivity. */
function printSummand(statistic: Extract<Statistic, { kind: 'sum' }>, literals: LiteralStyle): string {
  const value = printExpression(statistic.of, literals);
  if (statistic.scale === 0) return `TRY_CAST(${value} AS BIGINT)`;
  const unit = (10n ** BigInt(statistic.scale)).toString();
  // Widened first: 18 digits times the unit would overflow on some row, and the engine's error would tell of it.
  const wide = `CAST(TRY_CAST(${value} AS DECIMAL(18, ${statistic.scale})) AS DECIMAL(38, ${statistic.scale}))`;
  return `CAST(${wide} * ${unit} AS HUGEINT)`;
}

/** A person's value in one group, clamped. NULL is 0 before the clamp: `least(NULL, x)` is x in DuckDB. */
function printBounded(statistic: Statistic, name: string, literals: LiteralStyle): string {
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return `CAST(max(${name}) AS HUGEINT)`;
    case 'rows':
      return `least(CAST(sum(${name}) AS HUGEINT), CAST('${statistic.upper}' AS HUGEINT))`;
    default: {
      const sum = `CAST(coalesce(sum(${name}), 0) AS HUGEINT)`;
      // The bounds follow from literals of the question, as in clamp(x, 0, 100): they are marked like them.
      const bound = (value: bigint): string => (literals === 'mark' ? '?' : `CAST('${value}' AS HUGEINT)`);
      return `greatest(${bound(statistic.lower)}, least(${bound(statistic.upper)}, ${sum}))`;
    }
  }
}
