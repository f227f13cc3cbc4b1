import { chooseBounding, type MostRows } from '../plan/bounding-choice.ts';
import type { Statistic } from '../plan/question-tree.ts';
import { FunctionNames } from '../print/function-names.ts';
import { type PrintedQuery, printAggregate, printContributions } from '../print/print-aggregate.ts';
import { least, unlessNone } from './print-cells.ts';
import { byStores, type ReleasedUnit, releasedUnits, type ThresholdAggregate } from './threshold-plan.ts';

/**
 * Prints an exact aggregation with what its suppression is decided from.
 *
 * The numbers are those of a private question: the same bounded contributions, added up. Beside them, for each group:
 * the persons behind each number, the largest share of one person and of one store, and the fewest persons (but some)
 * in whom two of its numbers differ. What is done with them is decided in `protectThreshold`; nothing of it leaves.
 * `mostRows` is what is known of the snapshots that are read: steps that change nothing are left out.
 */
export function printThreshold(aggregate: ThresholdAggregate, mostRows: MostRows = new Map()): PrintedQuery {
  const functions = new FunctionNames();
  const contributionsOf = (to: ThresholdAggregate): string =>
    printContributions(to, functions, chooseBounding(to, mostRows));
  const keys = aggregate.keys.map((_, i) => `k${i}`);
  const stores = aggregate.threshold.stores.map((_, index) => printStores(aggregate, index, contributionsOf));
  const fresh = { name: 'f', sql: printFresh(aggregate, keys, contributionsOf(aggregate)) };
  return { ...printTold(aggregate, [fresh, ...stores]), functions: functions.list() };
}

/** Prints what is told of each group, from the groups, `f`, and those of each column of stores. */
export function printTold(
  aggregate: ThresholdAggregate,
  tables: readonly { readonly name: string; readonly sql: string }[],
): Pick<PrintedQuery, 'sql' | 'columns'> {
  const keys = aggregate.keys.map((_, i) => `k${i}`);
  const told = toldColumns(aggregate);
  const joins = tables.slice(1).map(({ name }) => {
    const same = keys.map((k) => `f.${k} IS NOT DISTINCT FROM ${name}.${k}`);
    return ` LEFT JOIN ${name} ON ${same.length === 0 ? 'TRUE' : same.join(' AND ')}`;
  });
  const shown = [...keys.map((k) => `f.${k}`), ...told.map(({ name, of }) => `CAST(${of} AS VARCHAR) AS ${name}`)];
  const named = tables.map(({ name, sql }) => `${name} AS (${sql})`);
  return {
    sql: `WITH ${named.join(', ')} SELECT ${shown.join(', ')} FROM f${joins.join('')}`,
    columns: [
      ...printAggregate(aggregate).columns.slice(0, keys.length),
      ...told.map(({ name }) => ({ name, kind: 'text' as const })),
    ],
  };
}

/** A column of the answer beside the keys: its name there and the expression behind it. */
interface ToldColumn {
  readonly name: string;
  readonly of: string;
}

/** What the engine tells of a group beside its keys, in order. */
export function toldColumns(aggregate: ThresholdAggregate): readonly ToldColumn[] {
  const each = (column: string, of = `f.${column}`) =>
    aggregate.statistics.map((_, i): ToldColumn => ({ name: `${column}${i}`, of: `${of}${i}` }));
  const stores = aggregate.threshold.stores.flatMap((_, index) => [
    ...each(`store${index}_largest`, `stores${index}.largest`),
    ...each(`store${index}_whole`, `stores${index}.whole`),
  ]);
  return [
    { name: 'inside', of: 'f.inside' },
    ...each('s'),
    ...each('c'),
    ...each('largest'),
    ...each('whole'),
    ...stores,
  ];
}

function printFresh(aggregate: ThresholdAggregate, keys: readonly string[], contributions: string): string {
  const units = releasedUnits(aggregate);
  const told = aggregate.statistics.map((statistic, i) => toldOf(statistic, `s${i}`));
  const columns = [
    ...keys,
    ...told.map(({ sum }, i) => `${sum} AS s${i}`),
    ...told.map(({ persons }, i) => `${persons} AS c${i}`),
    ...told.flatMap(({ largest, whole }, i) => [`${largest} AS largest${i}`, `${whole} AS whole${i}`]),
    `${least(differencesInside(units))} AS inside`,
  ];
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return `SELECT ${columns.join(', ')} FROM (${contributions})${grouped}`;
}

/** What is told of a statistic in a group, from what each person brings to it. */
export interface ToldStatistic {
  readonly sum: string;
  readonly persons: string;
  readonly largest: string;
  readonly whole: string;
}

/**
 * Shares are taken of magnitudes: gains and losses would cancel, and the largest person vanish in a total near 0. What
 * has no losses is its own magnitude, and the engine adds equal sums up once.
 */
export function toldOf(statistic: Statistic, name: string): ToldStatistic {
  if (statistic.kind === 'persons') {
    // Nobody's share is the largest of an empty total.
    const largest = 'CASE WHEN count(*) > 0 THEN 1 END';
    return { sum: 'count(*)', persons: 'count(*)', largest, whole: 'count(*)' };
  }
  const persons = `count(*) FILTER (WHERE ${name} <> 0)`;
  const hasLosses = statistic.kind === 'sum' && statistic.lower < 0n;
  const size = hasLosses ? `abs(${name})` : name;
  return { sum: `sum(${name})`, persons, largest: `max(${size})`, whole: `sum(${size})` };
}

/** Persons in whom two numbers of a group differ, as expressions over contributions. */
function differencesInside(units: readonly ReleasedUnit[]): readonly string[] {
  return units.flatMap((unit, i) =>
    units.flatMap((other, j) => {
      if (i >= j || unit === null || unit !== other) return [];
      const one = i === 0 ? '1' : `s${i}`;
      return [unlessNone(`count(*) FILTER (WHERE ${one} <> s${j})`)];
    }),
  );
}

/** The largest share of one store in each group: the same contributions, counted by store as well. */
function printStores(
  aggregate: ThresholdAggregate,
  index: number,
  contributionsOf: (aggregate: ThresholdAggregate) => string,
): { readonly name: string; readonly sql: string } {
  const keys = aggregate.keys.map((_, i) => `k${i}`);
  const byStore = [...keys, `k${keys.length}`].join(', ');
  const counted = aggregate.statistics.map((_, i) => (i === 0 ? 'count(*) AS w0' : `sum(abs(s${i})) AS w${i}`));
  const contributions = contributionsOf(byStores(aggregate)[index] ?? aggregate);
  const stores = `SELECT ${byStore}, ${counted.join(', ')} FROM (${contributions}) GROUP BY ${byStore}`;
  const largest = aggregate.statistics.flatMap((_, i) => [`max(w${i}) AS largest${i}`, `sum(w${i}) AS whole${i}`]);
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return { name: `stores${index}`, sql: `SELECT ${[...keys, ...largest].join(', ')} FROM (${stores})${grouped}` };
}
