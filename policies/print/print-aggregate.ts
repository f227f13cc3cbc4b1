import { tableName } from '../collaboration/table-view.ts';
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
    `FROM ${printTables(aggregate.tables)}`,
    ...printWhere(aggregate, literals),
  ].join(' ');
  const bounded = `SELECT ${list(
    ['p'],
    keys,
    measured.map(({ statistic, name }) => `${printBounded(statistic, name)} AS ${name}`),
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
  const where = selection.where.map((w) => printExpression(w, literals));
  const filter = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
  return `SELECT DISTINCT ${personOf(selection.tables)} AS person FROM ${printTables(selection.tables)}${filter}`;
}

function personOf(tables: readonly PlanTable[]): string {
  const [first] = tables;
  return first === undefined ? 'NULL' : `${first.ref}.${quoteName(first.view.rules.identity)}`;
}

function printTables(tables: readonly PlanTable[]): string {
  const [first, ...rest] = tables;
  if (first === undefined) return '';
  const named = (t: PlanTable): string => `${quoteName(tableName(t.view))} AS ${t.ref}`;
  // Every table is joined on the person of the first: the check has shown that all identities are set equal.
  const joins = rest.map((t) => `JOIN ${named(t)} ON ${personOf([t])} = ${personOf([first])}`);
  return [named(first), ...joins].join(' ');
}

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
  return `CAST(TRY_CAST(${value} AS DECIMAL(18, ${statistic.scale})) * ${unit} AS HUGEINT)`;
}

/** A person's value in one group, clamped. NULL is 0 before the clamp: `least(NULL, x)` is x in DuckDB. */
function printBounded(statistic: Statistic, name: string): string {
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return `CAST(max(${name}) AS HUGEINT)`;
    case 'rows':
      return `least(CAST(sum(${name}) AS HUGEINT), CAST('${statistic.upper}' AS HUGEINT))`;
    default: {
      const sum = `CAST(coalesce(sum(${name}), 0) AS HUGEINT)`;
      return `greatest(CAST('${statistic.lower}' AS HUGEINT), least(CAST('${statistic.upper}' AS HUGEINT), ${sum}))`;
    }
  }
}
