import type { UnitBounds } from '../plan/question-tree.ts';
import { SALT_IS_READ } from '../print/print-aggregate.ts';
import { quoteName } from '../print/print-expression.ts';
import {
  heldColumn,
  LAYOUT_COLUMNS,
  type LayoutColumn,
  type LayoutSpec,
  type LayoutStep,
  layoutName,
  matchedColumn,
  type PrintedLayout,
  sumColumn,
  valuesColumn,
} from './layout.ts';
import { columnOf, columnsBeside, columnsOf, printDimension } from './layout-columns.ts';
import {
  dimensionName,
  isSingle,
  overStep,
  printInRange,
  printInto,
  printOrdinal,
  printPersonsOver,
  printRank,
  printTable,
  rankedPairs,
  STEP_COLUMNS,
  type StepSource,
  textName,
  withinSteps,
} from './layout-steps.ts';
import { type StoredMeasure, storedMeasures } from './stored-measures.ts';

const { person, ordinal, pair, rank, pairs, rows } = mapped(LAYOUT_COLUMNS, quoteName);

type PrintedForm = Omit<PrintedLayout, 'name'>;
type ShownColumn = readonly [LayoutColumn, string];

/** Every text column as codes. */
const NO_TEXTS: ReadonlySet<string> = new Set();

/**
 * Prints the statements that make the part of a layout that holds the persons from `$2` to `$3`, in stored order.
 *
 * What is stored of a person follows from its own rows and the salt `$1` alone, as in {@link printAggregate}: the rank of
 * a pair is its place in the very order in which groups are kept there.
 *
 * @param texts columns of its table that are held as texts, for want of a dictionary; the rows are the same
 */
export function printLayout(spec: LayoutSpec, texts: ReadonlySet<string> = NO_TEXTS): PrintedLayout {
  return { name: layoutName(spec), ...printForm(spec, { ...spec, texts }) };
}

function printForm(spec: LayoutSpec, source: StepSource): PrintedForm {
  switch (spec.form) {
    case 'rows':
      return printRowsLayout(source);
    case 'over':
    case 'beside':
      return printOverLayout(spec);
    default:
      return printPairsLayout(spec, source);
  }
}

/** The rows of persons over what is declared: of one table of a match those of whoever is over in either. */
function printOverLayout({ base, form }: LayoutSpec): PrintedForm {
  const { table, matched } = base;
  const view = form === 'beside' && matched !== null ? matched : table;
  const of = `t.${quoteName(view.rules.identity)}`;
  // Also of whoever is not in the other table: were those left out, an owner could load one address many times and learn
  // from the time of a question whether it is in the other member's table. The join over both drops them.
  const columns = columnsOf(view).map((c) => ({ ...c, name: form === 'beside' ? matchedColumn(c.name) : c.name }));
  const shown = columnsOf(view).map((c, index) => `t.${quoteName(c.name)} AS ${quoteName(columns[index]?.name ?? '')}`);
  const held = `${printInRange(view, 't')} AND ${of} IN (${printPersonsOver(base)}) AND ${SALT_IS_READ}`;
  const sql = `SELECT ${[`${of} AS ${person}`, ...shown].join(', ')} FROM ${printTable(view, 't')} WHERE ${held} ORDER BY ${person}`;
  return {
    columns: [{ name: LAYOUT_COLUMNS.person, type: { kind: 'person' } }, ...columns],
    steps: (matched === null ? [table] : [table, matched]).map(overStep),
    sql,
  };
}

function printRowsLayout(source: StepSource): PrintedForm {
  const { base } = source;
  const own = [...columnsOf(base.table), ...columnsBeside(base.matched)];
  const { steps, placed, from } = isSingle(base) ? printSingleRows(source) : printRankedRows(source);
  const columns: readonly ShownColumn[] = [
    [{ name: LAYOUT_COLUMNS.person, type: { kind: 'person' } }, `r.${STEP_COLUMNS.person} AS ${person}`],
    [{ name: LAYOUT_COLUMNS.ordinal, type: { kind: 'ordinal' } }, `${printOrdinal(placed.ordinal)} AS ${ordinal}`],
    ...own.map((column): ShownColumn => [column, `r.${quoteName(column.name)}`]),
    [{ name: LAYOUT_COLUMNS.pair, type: { kind: 'ordinal' } }, `${printOrdinal(placed.pair)} AS ${pair}`],
    [{ name: LAYOUT_COLUMNS.rank, type: { kind: 'rank' } }, `${printRank(placed.place)} AS ${rank}`],
    [{ name: LAYOUT_COLUMNS.pairs, type: { kind: 'rank' } }, `${printRank(placed.pairs)} AS ${pairs}`],
    [{ name: LAYOUT_COLUMNS.rows, type: { kind: 'rank' } }, `${printRank(placed.count)} AS ${rows}`],
  ];
  return formOf(columns, steps, from);
}

type Placed = Readonly<Record<'ordinal' | 'pair' | 'place' | 'pairs' | 'count', string>>;

function printSingleRows(source: StepSource) {
  const steps = withinSteps(source);
  const placed: Placed = { ordinal: 'r.rowid', pair: 'r.rowid', place: '1', pairs: '1', count: '1' };
  return { steps, placed, from: `${printInto(steps.at(-1) as LayoutStep)} AS r` };
}

/** Each row beside its pair. */
function printRankedRows(source: StepSource) {
  const { base, dimensions, texts } = source;
  const { steps, from } = rankedPairs(source);
  const within = withinSteps(source).at(-1) as LayoutStep;
  const isSame = dimensions.map((name, index) => {
    return `k.${dimensionName(index)} IS NOT DISTINCT FROM ${printDimension(base.table, name, texts, 'r')}`;
  });
  const on = [`k.${STEP_COLUMNS.person} = r.${STEP_COLUMNS.person}`, ...isSame].join(' AND ');
  const placed: Placed = mapped(STEP_COLUMNS, (name) => `k.${name}`);
  const both = `${printInto(within)} AS r JOIN ${from} AS k ON ${on}`;
  return { steps, placed, from: `${both} ORDER BY ${placed.pair}` };
}

function printPairsLayout({ form, base }: LayoutSpec, source: StepSource): PrintedForm {
  const { dimensions } = source;
  const { table, matched } = base;
  const most = table.rules.maxGroupsPerPerson;
  const { steps, from } = rankedPairs(source);
  const columns: readonly ShownColumn[] = [
    [{ name: LAYOUT_COLUMNS.person, type: { kind: 'person' } }, `${STEP_COLUMNS.person} AS ${person}`],
    [
      { name: LAYOUT_COLUMNS.ordinal, type: { kind: 'ordinal' } },
      `${printOrdinal(STEP_COLUMNS.ordinal)} AS ${ordinal}`,
    ],
    ...dimensions.map((name, index): ShownColumn => {
      const held = source.texts.has(name) ? textName(name) : dimensionName(index);
      return [columnOf(table, name), `${held} AS ${quoteName(name)}`];
    }),
    [{ name: LAYOUT_COLUMNS.rank, type: { kind: 'rank' } }, `${printRank(STEP_COLUMNS.place)} AS ${rank}`],
    [{ name: LAYOUT_COLUMNS.rows, type: { kind: 'ordinal' } }, `${printOrdinal(STEP_COLUMNS.count)} AS ${rows}`],
    ...storedMeasures(table).flatMap(printTotals),
    ...columnsBeside(matched).map((column): ShownColumn => [column, quoteName(column.name)]),
  ];
  // Rows of one table, with nothing but a condition, come in the order in which they stand there.
  const within = `${STEP_COLUMNS.place} ${form === 'core' ? '<=' : '>'} ${most}`;
  return formOf(columns, steps, `${from} WHERE ${within}`);
}

function formOf(columns: readonly ShownColumn[], steps: readonly LayoutStep[], from: string): PrintedForm {
  const shown = columns.map(([, text]) => text).join(', ');
  return { columns: columns.map(([column]) => column), steps, sql: `SELECT ${shown} FROM ${from}` };
}

function printTotals({ column, row, held }: StoredMeasure): readonly ShownColumn[] {
  const [values, sum] = [valuesColumn(column), sumColumn(column)];
  return [
    [{ name: values, type: { kind: 'ordinal' } }, `${printOrdinal(quoteName(values))} AS ${quoteName(values)}`],
    ...(row === null ? [] : [[{ name: sum, type: { kind: 'integer' } }, quoteName(sum)] as const]),
    ...(held === null
      ? []
      : [
          [
            { name: heldColumn(column), type: { kind: 'integer' } },
            printHeldSum(sum, held, heldColumn(column)),
          ] as const,
        ]),
  ];
}

/** Questions would spend a quarter of their time on it. */
function printHeldSum(sum: string, { lower, upper }: UnitBounds, name: string): string {
  return `CAST(greatest(${lower}, least(${upper}, ${quoteName(sum)})) AS BIGINT) AS ${quoteName(name)}`;
}

function mapped<T extends Readonly<Record<string, string>>>(
  of: T,
  change: (text: string) => string,
): Readonly<Record<keyof T, string>> {
  const entries = Object.entries(of).map(([key, text]) => [key, change(text)]);
  return Object.fromEntries(entries) as Record<keyof T, string>;
}
