import { type TableView, tableName } from '../collaboration/table-view.ts';
import type { UnitBounds } from '../plan/question-tree.ts';
import { FunctionNames } from '../print/function-names.ts';
import { printCutText, SALT_IS_READ } from '../print/print-aggregate.ts';
import { type PrintStyle, quoteName } from '../print/print-expression.ts';
import { printRowNumber, printUnits, printUnitsWithin } from '../print/print-units.ts';
import {
  LARGEST_RANK,
  LAYOUT_COLUMNS,
  type LayoutColumn,
  type LayoutSpec,
  layoutName,
  matchedColumn,
  type PrintedLayout,
  sumColumn,
  valuesColumn,
} from './layout.ts';
import { type StoredMeasure, storedMeasures } from './stored-measures.ts';

const { person, ordinal, pair, rank, pairs, rows } = mapped(LAYOUT_COLUMNS, quoteName);
/** Names between the steps, with spaces for the same reason: an owner's column may be called `n`. */
const PLACE = '"place of pair"';
const COUNT = '"count of rows"';

function dimensionName(index: number): string {
  return `"dimension ${index}"`;
}

function textName(name: string): string {
  return quoteName(`text of ${name}`);
}

function measureName(index: number): string {
  return `"measure ${index}"`;
}

/**
 * Prints the statement that makes the part of a layout that holds the persons from `$2` to `$3`, in stored order.
 *
 * What is stored of a person follows from its own rows and the salt `$1` alone, as in {@link printAggregate}: the rank of
 * a pair is its place in the very order in which groups are kept there. Two sort keys keep DuckDB's top-N rewrite away;
 * it had wrong results.
 */
export function printLayout(spec: LayoutSpec): PrintedLayout {
  const { columns, sql } = printForm(spec);
  return { name: layoutName(spec), columns, sql };
}

function printForm(spec: LayoutSpec): Omit<PrintedLayout, 'name'> {
  switch (spec.form) {
    case 'rows':
      return printRowsLayout(spec);
    case 'over':
    case 'beside':
      return printOverLayout(spec);
    default:
      return printPairsLayout(spec);
  }
}

/** The rows of persons over what is declared: of one table of a match those of whoever is over in either. */
function printOverLayout({ base, form }: LayoutSpec): Omit<PrintedLayout, 'name'> {
  const { table, matched } = base;
  const [view, other] = form === 'beside' && matched !== null ? [matched, table] : [table, matched];
  const of = quoteName(view.rules.identity);
  const over = [view, ...(other === null ? [] : [other])].map((v) => printPersonsOver(v)).join(' UNION ALL ');
  // Also of whoever is not in the other table: were those left out, an owner could load one address many times and learn
  // from the time of a question whether it is in the other member's table. The join over both drops them.
  const columns = columnsOf(view).map((c) => ({ ...c, name: form === 'beside' ? matchedColumn(c.name) : c.name }));
  const shown = columnsOf(view).map((c, index) => `${quoteName(c.name)} AS ${quoteName(columns[index]?.name ?? '')}`);
  return {
    columns: [{ name: LAYOUT_COLUMNS.person, type: { kind: 'person' } }, ...columns],
    sql: `SELECT ${[`${of} AS ${person}`, ...shown].join(', ')} FROM ${printHeld(view)} AND ${of} IN (${over}) AND ${SALT_IS_READ} ORDER BY ${person}`,
  };
}

/** A table in the range of a statement, up to its conditions. */
function printHeld(view: TableView): string {
  return `${quoteName(tableName(view))} WHERE ${quoteName(view.rules.identity)} BETWEEN $2 AND $3`;
}

function printPersons(view: TableView): string {
  return `SELECT ${quoteName(view.rules.identity)} FROM ${printHeld(view)}`;
}

function printPersonsOver(view: TableView): string {
  const { identity, rowsPerPerson } = view.rules;
  return `${printPersons(view)} GROUP BY ${quoteName(identity)} HAVING count(*) > ${rowsPerPerson}`;
}

function printRowsLayout(spec: LayoutSpec): Omit<PrintedLayout, 'name'> {
  const { base, dimensions } = spec;
  const { table, matched } = base;
  const own = columnsOf(table);
  const beside = matched === null ? [] : columnsOf(matched).map((c) => ({ ...c, name: matchedColumn(c.name) }));
  const keys = dimensions.map((_, index) => dimensionName(index));
  const read = [
    `t.${quoteName(table.rules.identity)} AS ${person}`,
    ...own.map(({ name }) => `t.${quoteName(name)}`),
    ...(matched === null ? [] : columnsOf(matched).map((c) => printMatched(c.name))),
    ...dimensions.map((name, index) => `${printDimension(table, name)} AS ${dimensionName(index)}`),
  ];
  const order = [`hash(${[person, ...keys, '$1'].join(', ')})`, ...keys, person].join(', ');
  const place = `dense_rank() OVER (PARTITION BY ${person} ORDER BY ${order}) AS ${PLACE}`;
  const ranked = `SELECT *, ${place}, count(*) OVER (PARTITION BY ${[person, ...keys].join(', ')}) AS ${COUNT} FROM r`;
  const shown = [
    person,
    printOrdinal(person, ordinal),
    ...[...own, ...beside].map(({ name }) => quoteName(name)),
    printOrdinal(`${person}, ${PLACE}`, pair),
    printRank(PLACE, rank),
    printRank(`max(${PLACE}) OVER (PARTITION BY ${person})`, pairs),
    printRank(COUNT, rows),
  ];
  return {
    columns: [
      { name: LAYOUT_COLUMNS.person, type: { kind: 'person' } },
      { name: LAYOUT_COLUMNS.ordinal, type: { kind: 'ordinal' } },
      ...own,
      ...beside,
      { name: LAYOUT_COLUMNS.pair, type: { kind: 'ordinal' } },
      { name: LAYOUT_COLUMNS.rank, type: { kind: 'rank' } },
      { name: LAYOUT_COLUMNS.pairs, type: { kind: 'rank' } },
      { name: LAYOUT_COLUMNS.rows, type: { kind: 'rank' } },
    ],
    sql: `WITH r AS (SELECT ${read.join(', ')} FROM ${printBase(spec)}), q AS (${ranked}) SELECT ${shown.join(', ')} FROM q ORDER BY ${person}, ${PLACE}`,
  };
}

function printPairsLayout(spec: LayoutSpec): Omit<PrintedLayout, 'name'> {
  const { base, form, dimensions } = spec;
  const { table, matched } = base;
  const keys = dimensions.map((_, index) => dimensionName(index));
  const measures = storedMeasures(table);
  const by = [person, ...keys].join(', ');
  // A text comes out as it is held, so that codes stay codes: rows of a pair have the same, but for what is cut off.
  const texts = dimensions.filter((name) => columnOf(table, name).type.kind === 'code');
  const read = [
    `t.${quoteName(table.rules.identity)} AS ${person}`,
    ...dimensions.map((name, index) => `${printDimension(table, name)} AS ${dimensionName(index)}`),
    ...texts.map((name) => `t.${quoteName(name)} AS ${textName(name)}`),
    ...measures.map((measure, index) => `${printMeasure(measure)} AS ${measureName(index)}`),
  ];
  const beside = matched === null ? [] : columnsOf(matched);
  const totals = measures.flatMap((m, index) => [
    `count(${measureName(index)}) AS ${quoteName(valuesColumn(m.column))}`,
    ...(m.row === null
      ? []
      : [`${printClampedSum(measureName(index), m, m.row)} AS ${quoteName(sumColumn(m.column))}`]),
  ]);
  const steps = [
    `r AS (SELECT ${read.join(', ')} FROM ${printTable(table, 't')})`,
    `b AS (SELECT ${[by, `count(*) AS ${COUNT}`, ...texts.map((name) => `min(${textName(name)}) AS ${textName(name)}`), ...totals].join(', ')} FROM r GROUP BY ${by})`,
    // In full: which pairs are over the bound follows from all pairs of a person, and so does its ordinal.
    `q AS (SELECT ${['b.*', ...beside.map((c) => printMatched(c.name))].join(', ')}, ${printPairRank(keys)} AS ${PLACE} FROM ${printBeside('b', matched)})`,
    `o AS (SELECT *, ${printOrdinal(person, ordinal)} FROM q)`,
  ];
  const most = table.rules.maxGroupsPerPerson;
  const within = form === 'core' ? `${PLACE} <= ${most}` : `${PLACE} > ${most}`;
  const columns: readonly (readonly [LayoutColumn, string])[] = [
    [{ name: LAYOUT_COLUMNS.person, type: { kind: 'person' } }, person],
    [{ name: LAYOUT_COLUMNS.ordinal, type: { kind: 'ordinal' } }, ordinal],
    ...dimensions.map((name, index) => {
      const held = texts.includes(name) ? textName(name) : dimensionName(index);
      return [columnOf(table, name), `${held} AS ${quoteName(name)}`] as const;
    }),
    [{ name: LAYOUT_COLUMNS.rank, type: { kind: 'rank' } }, printRank(PLACE, rank)],
    [{ name: LAYOUT_COLUMNS.rows, type: { kind: 'ordinal' } }, `CAST(${COUNT} AS UINTEGER) AS ${rows}`],
    ...measures.flatMap(printTotals),
    ...beside.map((c) => {
      const name = matchedColumn(c.name);
      return [{ ...c, name }, quoteName(name)] as const;
    }),
  ];
  return {
    columns: columns.map(([column]) => column),
    sql: `WITH ${steps.join(', ')} SELECT ${columns.map(([, text]) => text).join(', ')} FROM o WHERE ${within} ORDER BY ${person}, ${PLACE}`,
  };
}

function printPairRank(keys: readonly string[]): string {
  const order = [`hash(${[`b.${person}`, ...keys, '$1'].join(', ')})`, ...keys, `b.${person}`].join(', ');
  return `row_number() OVER (PARTITION BY b.${person} ORDER BY ${order})`;
}

function printTotals({ column, row }: StoredMeasure): readonly (readonly [LayoutColumn, string])[] {
  const [values, sum] = [valuesColumn(column), sumColumn(column)];
  return [
    [{ name: values, type: { kind: 'ordinal' } }, `CAST(${quoteName(values)} AS UINTEGER) AS ${quoteName(values)}`],
    ...(row === null ? [] : [[{ name: sum, type: { kind: 'integer' } }, quoteName(sum)] as const]),
  ];
}

/** A column as a layout holds it: the engine's own types, texts as codes where they can be. */
function columnOf(view: TableView, name: string): LayoutColumn {
  const type = view.columns.find((c) => c.name === name)?.type;
  if (type === undefined) throw new TypeError('a layout names a column that its table does not have');
  return { name, type: type.kind === 'text' ? { kind: 'code' } : type };
}

/** All columns but the identity: persons are named by the layout's own column. */
function columnsOf(view: TableView): readonly LayoutColumn[] {
  return view.columns.filter((c) => c.type.kind !== 'person').map((c) => columnOf(view, c.name));
}

/** The rows of persons within what is declared of a table. */
function printTable(view: TableView, ref: string): string {
  const { identity } = view.rules;
  const within = `${quoteName(identity)} NOT IN (${printPersonsOver(view)})`;
  return `(SELECT * FROM ${printHeld(view)} AND ${within}) AS ${ref}`;
}

function printBase({ base: { table, matched } }: LayoutSpec): string {
  if (matched === null) return printTable(table, 't');
  const same = `u.${quoteName(matched.rules.identity)} = t.${quoteName(table.rules.identity)}`;
  return `${printTable(table, 't')} JOIN ${printTable(matched, 'u')} ON ${same}`;
}

function printBeside(from: string, matched: TableView | null): string {
  if (matched === null) return from;
  return `${from} JOIN ${printTable(matched, 'u')} ON u.${quoteName(matched.rules.identity)} = ${from}.${person}`;
}

function printMatched(name: string): string {
  return `u.${quoteName(name)} AS ${quoteName(matchedColumn(name))}`;
}

/** A dimension as a question's key is printed: values that it takes for one group are one pair. */
function printDimension(table: TableView, name: string): string {
  const column = `t.${quoteName(name)}`;
  if (columnOf(table, name).type.kind !== 'code') return column;
  // A code hashes as its text does.
  const text = `CAST(${column} AS VARCHAR)`;
  return (table.rules.groupKeys[name]?.values ?? null) === null ? printCutText(text) : text;
}

const STYLE: PrintStyle = { literals: 'value', functions: new FunctionNames() };

function printMeasure(measure: StoredMeasure): string {
  const value = { of: measure.expression, scale: measure.scale };
  return measure.row === null ? printUnits(value, STYLE) : printRowNumber(value, measure.row, STYLE);
}

/** The sum in 64 bits, which those of persons within the declared rows fit. */
function printClampedSum(name: string, { expression, scale }: StoredMeasure, row: UnitBounds): string {
  const clamped = printUnitsWithin(name, { of: expression, scale }, row, STYLE);
  return `CAST(coalesce(sum(${clamped}) FILTER (WHERE ${name} IS NOT NULL), 0) AS BIGINT)`;
}

function printOrdinal(order: string, name: string): string {
  return `CAST(dense_rank() OVER (ORDER BY ${order}) - 1 AS UINTEGER) AS ${name}`;
}

function printRank(number: string, name: string): string {
  return `CAST(least(${number}, ${LARGEST_RANK}) AS USMALLINT) AS ${name}`;
}

function mapped<T extends Readonly<Record<string, string>>>(
  of: T,
  change: (text: string) => string,
): Readonly<Record<keyof T, string>> {
  const entries = Object.entries(of).map(([key, text]) => [key, change(text)]);
  return Object.fromEntries(entries) as Record<keyof T, string>;
}
