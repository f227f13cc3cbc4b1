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
 */
export function printThreshold(aggregate: ThresholdAggregate): PrintedQuery {
  const functions = new FunctionNames();
  const keys = aggregate.keys.map((_, i) => `k${i}`);
  const stores = aggregate.threshold.stores.map((_, index) => printStores(aggregate, index, functions));
  const told = toldColumns(aggregate);
  const tables = [`f AS (${printFresh(aggregate, keys, functions)})`, ...stores.map((s) => `${s.name} AS (${s.sql})`)];
  const joins = stores.map(({ name }) => {
    const same = keys.map((k) => `f.${k} IS NOT DISTINCT FROM ${name}.${k}`);
    return ` LEFT JOIN ${name} ON ${same.length === 0 ? 'TRUE' : same.join(' AND ')}`;
  });
  const shown = [...keys.map((k) => `f.${k}`), ...told.map(({ name, of }) => `CAST(${of} AS VARCHAR) AS ${name}`)];
  return {
    sql: `WITH ${tables.join(', ')} SELECT ${shown.join(', ')} FROM f${joins.join('')}`,
    columns: [
      ...printAggregate(aggregate).columns.slice(0, keys.length),
      ...told.map(({ name }) => ({ name, kind: 'text' as const })),
    ],
    functions: functions.list(),
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

function printFresh(aggregate: ThresholdAggregate, keys: readonly string[], functions: FunctionNames): string {
  const units = releasedUnits(aggregate);
  const contributions = `SELECT *, CAST(1 AS HUGEINT) AS s0 FROM (${printContributions(aggregate, functions)})`;
  const columns = [
    ...keys,
    ...units.map((_, i) => `sum(s${i}) AS s${i}`),
    ...units.map((_, i) => `count(*) FILTER (WHERE s${i} <> 0) AS c${i}`),
    // Shares are taken of magnitudes: gains and losses would cancel, and the largest person vanish in a total near 0.
    ...units.flatMap((_, i) => [`max(abs(s${i})) AS largest${i}`, `sum(abs(s${i})) AS whole${i}`]),
    `${least(differencesInside(units))} AS inside`,
  ];
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return `SELECT ${columns.join(', ')} FROM (${contributions})${grouped}`;
}

function differencesInside(units: readonly ReleasedUnit[]): readonly string[] {
  return units.flatMap((unit, i) =>
    units.flatMap((other, j) => {
      if (i >= j || unit === null || unit !== other) return [];
      return [unlessNone(`count(*) FILTER (WHERE s${i} <> s${j})`)];
    }),
  );
}

/** The largest share of one store in each group: the same contributions, counted by store as well. */
function printStores(
  aggregate: ThresholdAggregate,
  index: number,
  functions: FunctionNames,
): { readonly name: string; readonly sql: string } {
  const keys = aggregate.keys.map((_, i) => `k${i}`);
  const byStore = [...keys, `k${keys.length}`].join(', ');
  const counted = aggregate.statistics.map((_, i) => (i === 0 ? 'count(*) AS w0' : `sum(abs(s${i})) AS w${i}`));
  const contributions = printContributions(byStores(aggregate)[index] ?? aggregate, functions);
  const stores = `SELECT ${byStore}, ${counted.join(', ')} FROM (${contributions}) GROUP BY ${byStore}`;
  const largest = aggregate.statistics.flatMap((_, i) => [`max(w${i}) AS largest${i}`, `sum(w${i}) AS whole${i}`]);
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return { name: `stores${index}`, sql: `SELECT ${[...keys, ...largest].join(', ')} FROM (${stores})${grouped}` };
}
