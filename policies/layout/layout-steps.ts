// Layouts of the same tables are made of the same rows, added up the same way. So that is done once, in tables of a shard:
// rows within what is declared, pairs in stored order, and their ranks. A row is grouped once a set of keys, and what is
// hashed and put in order are pairs.
import { type TableView, tableName } from '../collaboration/table-view.ts';
import { FunctionNames } from '../print/function-names.ts';
import { SALT_IS_READ } from '../print/print-aggregate.ts';
import { type PrintStyle, quoteName } from '../print/print-expression.ts';
import { printRowNumber, printUnits, printUnitsWithin } from '../print/print-units.ts';
import { baseName } from './join-match.ts';
import { LARGEST_RANK, type LayoutBase, type LayoutStep, matchedColumn, sumColumn, valuesColumn } from './layout.ts';
import { columnOf, columnsBeside, columnsOf, printDimension } from './layout-columns.ts';
import { plannedSets } from './planned-sets.ts';
import { type StoredMeasure, storedMeasures } from './stored-measures.ts';

/** Names between the steps, with spaces: an owner's column may be called `n`. */
export const STEP_COLUMNS = {
  person: '"of person"',
  /** How many rows a pair has. */
  count: '"count of rows"',
  /** The place of a pair among those of its person, from 1. */
  place: '"place of pair"',
  /** The place of a person, and of a pair, among those of the shard, from 0. */
  ordinal: '"place of person"',
  pair: '"place in order"',
  /** How many pairs a person has. */
  pairs: '"count of pairs"',
  /** The first of them. */
  first: '"first of person"',
} as const;

const { person, count, place, ordinal, pair, pairs, first } = STEP_COLUMNS;

/** What a step is made of: rows of one base, by one set of keys, with some texts as they are. */
export interface StepSource {
  readonly base: LayoutBase;
  readonly dimensions: readonly string[];
  /** Columns of its table whose texts are held as they are and not as codes. */
  readonly texts: ReadonlySet<string>;
}

/** A dimension between the steps. */
export function dimensionName(index: number): string {
  return `"dimension ${index}"`;
}

/** A text as it is held, beside the dimension that it may have been cut for. */
export function textName(name: string): string {
  return quoteName(`text of ${name}`);
}

/** The name of a step's table, for a statement. */
export function printInto({ into }: LayoutStep): string {
  return quoteName(into);
}

/** Whether nobody within what is declared has two rows: then each row is a pair, and there is nothing to add up. */
export function isSingle({ table }: LayoutBase): boolean {
  return table.rules.rowsPerPerson === 1;
}

/** The condition that keeps a statement to its persons. */
export function printInRange({ rules }: TableView, ref: string): string {
  return `${ref}.${quoteName(rules.identity)} BETWEEN $2 AND $3`;
}

/** A table of the job, under a short name. */
export function printTable(view: TableView, ref: string): string {
  return `${quoteName(tableName(view))} AS ${ref}`;
}

/** The persons with more rows than declared. */
export function overStep(view: TableView): LayoutStep {
  const { identity, rowsPerPerson } = view.rules;
  const of = `t.${quoteName(identity)}`;
  const held = `${printTable(view, 't')} WHERE ${printInRange(view, 't')} AND ${SALT_IS_READ}`;
  return {
    into: `persons over of ${tableName(view)}`,
    sql: `SELECT ${of} AS ${person} FROM ${held} GROUP BY ${of} HAVING count(*) > ${rowsPerPerson}`,
  };
}

/** The persons over in one of the tables of a base. */
export function printPersonsOver({ table, matched }: LayoutBase): string {
  const views = matched === null ? [table] : [table, matched];
  return views.map((view) => `SELECT ${person} FROM ${printInto(overStep(view))}`).join(' UNION ALL ');
}

/** The steps up to the rows of persons within what is declared, with the measures in units and what stands beside. */
export function withinSteps({ base }: Pick<StepSource, 'base'>): readonly [...LayoutStep[], LayoutStep] {
  const { table, matched } = base;
  const of = `t.${quoteName(table.rules.identity)}`;
  const read = [
    `${of} AS ${person}`,
    ...columnsOf(table).map(({ name }) => `t.${quoteName(name)}`),
    ...printBeside(matched),
    ...storedMeasures(table).map((measure, index) => `${printMeasure(measure)} AS ${measureName(index)}`),
  ];
  const conditions = [printInRange(table, 't'), `${of} NOT IN (${printPersonsOver(base)})`, SALT_IS_READ];
  // In the order of persons where that is the order of pairs too.
  const ordered = isSingle(base) ? ` ORDER BY ${person}` : '';
  return [
    ...(matched === null ? [table] : [table, matched]).map(overStep),
    {
      into: `rows within of ${baseName(table, matched)}`,
      sql: `SELECT ${read.join(', ')} FROM ${printTable(table, 't')}${printJoin(matched, of)} WHERE ${conditions.join(' AND ')}${ordered}`,
    },
  ];
}

/** The steps up to the pairs of a person and its values, in stored order, each with its rows and totals. */
function pairsSteps(source: StepSource): readonly [...LayoutStep[], LayoutStep] {
  const { base, dimensions } = source;
  const [main = []] = plannedSets(base.table);
  // Persons have been added up where their pairs have.
  const isFiner = dimensions.length === 0 && main.length > 0;
  const before = isFiner ? pairsSteps({ ...source, dimensions: main }) : withinSteps(source);
  const from = before.at(-1) as LayoutStep;
  const keys = dimensions.map((_, index) => dimensionName(index));
  const by = [person, ...keys];
  const totals = storedMeasures(base.table).flatMap((measure, index) => printTotals(measure, index, isFiner));
  const shown = [
    person,
    ...dimensions.map((name, index) => `${printDimension(base.table, name, source.texts)} AS ${dimensionName(index)}`),
    // Rows of a pair have the same text, but for what is cut off.
    ...textsOf(source).map((name) => `min(${quoteName(name)}) AS ${textName(name)}`),
    `${printOrdinal(isFiner ? `sum(${count})` : 'count(*)')} AS ${count}`,
    ...totals,
  ];
  return [
    ...before,
    {
      into: `pairs of ${named(source)}`,
      sql: `SELECT ${shown.join(', ')} FROM ${printInto(from)} GROUP BY ${by.join(', ')} ORDER BY ${printOrder(source)}`,
    },
  ];
}

/** Rows of a statement, as after FROM, and the steps that it reads. */
export interface RankedPairs {
  readonly steps: readonly LayoutStep[];
  readonly from: string;
}

/**
 * The pairs with their ranks, in stored order. A table is read in the order in which it was filled, so that the number of
 * a row in it is its place.
 */
export function rankedPairs(source: StepSource): RankedPairs {
  if (isSingle(source.base)) return singlePairs(source);
  const { base, dimensions } = source;
  const steps = pairsSteps(source);
  const from = printInto(steps.at(-1) as LayoutStep);
  const held = heldOf(source).map((name) => `a.${name}`);
  if (dimensions.length === 0) {
    const placed = [...printPlaces('a.rowid', 'a.rowid', '1', '1'), ...printBeside(base.matched)];
    const range =
      base.matched === null ? '' : ` WHERE ${printInRange(base.matched, 'u')} AND ${SALT_IS_READ} ORDER BY a.rowid`;
    const joined = `${from} AS a${printJoin(base.matched, `a.${person}`)}${range}`;
    return rankedIn(source, steps, `SELECT ${[...held, ...placed].join(', ')} FROM ${joined}`);
  }
  const persons = { into: `persons of ${named(source)}`, sql: printPersons(source, from) };
  const beside = columnsBeside(base.matched).map(({ name }) => `b.${quoteName(name)}`);
  const placed = [...printPlaces('b.rowid', 'a.rowid', `a.rowid - b.${first} + 1`, `b.${pairs}`), ...beside];
  const both = `${from} AS a JOIN ${printInto(persons)} AS b ON b.${person} = a.${person}`;
  const ranked = `SELECT ${[...held, ...placed].join(', ')} FROM ${both} ORDER BY a.rowid`;
  return rankedIn(source, [...steps, persons], ranked);
}

function rankedIn(source: StepSource, steps: readonly LayoutStep[], sql: string): RankedPairs {
  const ranked = { into: `ranked pairs of ${named(source)}`, sql };
  return { steps: [...steps, ranked], from: printInto(ranked) };
}

/** Rows that are pairs already. */
function singlePairs(source: StepSource): RankedPairs {
  const { base, dimensions, texts } = source;
  const steps = withinSteps(source);
  const shown = [
    person,
    ...dimensions.map((n, index) => `${printDimension(base.table, n, texts)} AS ${dimensionName(index)}`),
    ...textsOf(source).map((name) => `${quoteName(name)} AS ${textName(name)}`),
    `1 AS ${count}`,
    ...storedMeasures(base.table).flatMap(printSingleTotals),
    ...columnsBeside(base.matched).map(({ name }) => quoteName(name)),
    ...printPlaces('rowid', 'rowid', '1', '1'),
  ];
  return { steps, from: `(SELECT ${shown.join(', ')} FROM ${printInto(steps.at(-1) as LayoutStep)})` };
}

/** What pairs have beside their places. */
function heldOf(source: StepSource): readonly string[] {
  const totals = storedMeasures(source.base.table).flatMap(({ column, row }) => {
    return [valuesColumn(column), ...(row === null ? [] : [sumColumn(column)])].map(quoteName);
  });
  const keys = source.dimensions.map((_, index) => dimensionName(index));
  return [person, ...keys, ...textsOf(source).map(textName), count, ...totals];
}

/** Places as they are stored: what is joined and put in order is as narrow as it can be. */
function printPlaces(ofPerson: string, ofPair: string, inPerson: string, ofPairs: string): readonly string[] {
  return [
    `${printOrdinal(ofPerson)} AS ${ordinal}`,
    `${printOrdinal(ofPair)} AS ${pair}`,
    `${printRank(inPerson)} AS ${place}`,
    `${printRank(ofPairs)} AS ${pairs}`,
  ];
}

/** A number as 32 bits hold it. */
export function printOrdinal(number: string): string {
  return `CAST(${number} AS UINTEGER)`;
}

/** A number as a rank holds it. */
export function printRank(number: string): string {
  return `CAST(least(${number}, ${LARGEST_RANK}) AS USMALLINT)`;
}

/** Texts that are held as they are: where a dimension is cut, what it was cut from is kept. */
function textsOf({ dimensions, texts }: StepSource): readonly string[] {
  return dimensions.filter((name) => texts.has(name));
}

function named({ base: { table, matched }, dimensions }: StepSource): string {
  return `${baseName(table, matched)}${dimensions.length === 0 ? '' : ` by ${dimensions.join(', ')}`}`;
}

/** Persons, and of each the order in which a question keeps groups of a person that has more than it may. */
function printOrder({ base, dimensions }: StepSource): string {
  const keys = dimensions.map((_, index) => dimensionName(index));
  // A code hashes as its text does, and stands in the order of its text.
  const hashed = dimensions.map((name, index) => {
    const isText = columnOf(base.table, name).type.kind === 'code';
    return isText ? `CAST(${dimensionName(index)} AS VARCHAR)` : dimensionName(index);
  });
  if (dimensions.length === 0) return person;
  return [person, `hash(${[person, ...hashed, '$1'].join(', ')})`, ...keys].join(', ');
}

/** Persons in order, and where the pairs of each begin, which stand together: proven, as ranks rest on it. */
function printPersons({ base: { matched } }: StepSource, from: string): string {
  const isTogether = 'max(rowid) - min(rowid) + 1 = count(*)';
  const begin = `CASE WHEN ${isTogether} THEN min(rowid) ELSE CAST(error('pairs are out of order') AS BIGINT) END`;
  const persons = `SELECT ${person}, ${begin} AS ${first}, count(*) AS ${pairs} FROM ${from} GROUP BY ${person}`;
  const shown = [...[person, first, pairs].map((name) => `p.${name}`), ...printBeside(matched)];
  const range = matched === null ? '' : ` WHERE ${printInRange(matched, 'u')} AND ${SALT_IS_READ}`;
  return `SELECT ${shown.join(', ')} FROM (${persons}) AS p${printJoin(matched, `p.${person}`)}${range} ORDER BY p.${person}`;
}

function printBeside(matched: TableView | null): readonly string[] {
  const columns = matched === null ? [] : columnsOf(matched);
  return columns.map(({ name }) => `u.${quoteName(name)} AS ${quoteName(matchedColumn(name))}`);
}

function printJoin(matched: TableView | null, of: string): string {
  if (matched === null) return '';
  return ` JOIN ${printTable(matched, 'u')} ON u.${quoteName(matched.rules.identity)} = ${of}`;
}

function measureName(index: number): string {
  return `"measure ${index}"`;
}

const STYLE: PrintStyle = { literals: 'value', functions: new FunctionNames() };

/** A measure on a row as it is added up: in units within its bounds, or whether it is there where no sum is stored. */
function printMeasure({ expression, scale, row }: StoredMeasure): string {
  const value = { of: expression, scale };
  if (row === null) return `CASE WHEN ${printUnits(value, STYLE)} IS NOT NULL THEN TRUE END`;
  return printPresent(printRowNumber(value, row, STYLE), (name) => printUnitsWithin(name, value, row, STYLE));
}

function printPresent(value: string, print: (value: string) => string): string {
  return `CASE WHEN ${value} IS NOT NULL THEN ${print(value)} END`;
}

/** Sums have 64 bits, which those of persons within the declared rows fit. */
function printTotals({ column, row }: StoredMeasure, index: number, isFiner: boolean): readonly string[] {
  const [values, sum] = [quoteName(valuesColumn(column)), quoteName(sumColumn(column))];
  const counted = printOrdinal(isFiner ? `sum(${values})` : `count(${measureName(index)})`);
  const added = isFiner ? `sum(${sum})` : `coalesce(sum(${measureName(index)}), 0)`;
  return [`${counted} AS ${values}`, ...(row === null ? [] : [`CAST(${added} AS BIGINT) AS ${sum}`])];
}

function printSingleTotals({ column, row }: StoredMeasure, index: number): readonly string[] {
  const name = measureName(index);
  return [
    `CAST(${name} IS NOT NULL AS UINTEGER) AS ${quoteName(valuesColumn(column))}`,
    ...(row === null ? [] : [`CAST(coalesce(${name}, 0) AS BIGINT) AS ${quoteName(sumColumn(column))}`]),
  ];
}
