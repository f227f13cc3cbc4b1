import { chooseContributions } from '../layout/choose-path.ts';
import type { LayoutSpec, PathQuery, PathTable, ShardStep, StoredLayout } from '../layout/layout.ts';
import type { PathKind, PlannedPath, ShardedPath } from '../layout/path.ts';
import { printPathContributions } from '../layout/print-path.ts';
import type { PrintedContributions } from '../layout/print-planned.ts';
import type { MostRows } from '../plan/bounding-choice.ts';
import { FunctionNames } from '../print/function-names.ts';
import { least, unlessNone } from './print-cells.ts';
import { printTold } from './print-threshold.ts';
import { byStores, releasedUnits, type ThresholdAggregate } from './threshold-plan.ts';

/** A threshold question over layouts, with the path that it takes. */
export interface ThresholdPath {
  readonly kind: PathKind;
  readonly query: PathQuery;
}

/**
 * Prints an exact aggregation over layouts, where they allow it; `null` for the general program. It returns what
 * {@link printThreshold} prints for the same aggregation returns.
 *
 * All that its suppression is decided from adds up over persons, or is the largest of them, so that parts of shards do.
 */
export function printThresholdPath(
  aggregate: ThresholdAggregate,
  mostRows: MostRows,
  stored: readonly StoredLayout[],
): ThresholdPath | null {
  const hasStores = aggregate.threshold.stores.length > 0;
  // Stores are compared over all rows, which are read then anyway.
  const among = hasStores ? stored.filter(({ spec }) => !isPairs(spec)) : stored;
  const path = chooseContributions(aggregate, mostRows, among);
  const stores = byStores(aggregate).flatMap((asked) => {
    const chosen = chooseContributions(asked, mostRows, among);
    return chosen.kind === 'sharded' ? [{ asked, path: chosen }] : [];
  });
  if (path.kind === 'general' || stores.length < aggregate.threshold.stores.length) return null;
  const functions = new FunctionNames();
  const fresh = printFreshParts(aggregate, path, functions);
  const others = stores.map((store, index) => printStoreParts(store, index, functions));
  const parts = [fresh, ...others];
  const told = printTold(
    aggregate,
    parts.map(({ name, sql }) => ({ name, sql })),
  );
  return {
    kind: path.kind,
    query: {
      steps: parts.map((p) => p.step),
      tables: together(parts.flatMap((p) => p.tables)),
      functions: functions.list(),
      ...told,
    },
  };
}

function isPairs({ form }: LayoutSpec): boolean {
  return form === 'core' || form === 'rest';
}

/** A table of groups, from the parts that a step gathers of it. */
interface GroupParts {
  readonly name: string;
  readonly sql: string;
  readonly step: ShardStep;
  readonly tables: readonly PathTable[];
}

/** Columns that are gathered: how they are taken from contributions, and how from parts of them. */
interface Gathered {
  readonly name: string;
  readonly of: string;
  readonly by: 'sum' | 'max';
}

function printFreshParts(
  aggregate: ThresholdAggregate,
  path: PlannedPath | ShardedPath,
  functions: FunctionNames,
): GroupParts {
  const units = releasedUnits(aggregate);
  const value = (index: number): string => (index === 0 ? '1' : `s${index}`);
  const unlike = units.flatMap((unit, i) =>
    units.flatMap((other, j) => (i < j && unit !== null && unit === other ? [{ i, j, name: `u${i}_${j}` }] : [])),
  );
  const gathered: readonly Gathered[] = [
    ...units.flatMap((_, i): readonly Gathered[] => [
      { name: `s${i}`, of: `sum(${value(i)})`, by: 'sum' },
      { name: `c${i}`, of: `count(*) FILTER (WHERE ${value(i)} <> 0)`, by: 'sum' },
      { name: `largest${i}`, of: `max(abs(${value(i)}))`, by: 'max' },
      { name: `whole${i}`, of: `sum(abs(${value(i)}))`, by: 'sum' },
    ]),
    ...unlike.map(({ i, j, name }): Gathered => {
      return { name, of: `count(*) FILTER (WHERE ${value(i)} <> ${value(j)})`, by: 'sum' };
    }),
  ];
  const contributions = printPathContributions(aggregate, path, functions);
  const keys = aggregate.keys.map((_, index) => `k${index}`);
  const into = 'parts';
  const inside = least(unlike.map(({ name }) => unlessNone(`sum(${name})`)));
  const shown = gathered.slice(0, units.length * 4).map(({ name, by }) => `${by}(${name}) AS ${name}`);
  const texts = printTexts(keys, contributions.codes);
  return {
    name: 'f',
    sql: `SELECT ${[...texts, ...shown, `${inside} AS inside`].join(', ')} FROM ${into} AS parts${groupedBy(keys)}`,
    step: printStep(into, contributions, { keys, gathered }),
    tables: contributions.tables,
  };
}

function printStoreParts(
  { asked, path }: { readonly asked: ThresholdAggregate; readonly path: ShardedPath },
  index: number,
  functions: FunctionNames,
): GroupParts {
  const byStore = asked.keys.map((_, at) => `k${at}`);
  const keys = byStore.slice(0, -1);
  const gathered = asked.statistics.map((_, i): Gathered => {
    return { name: `w${i}`, of: i === 0 ? 'count(*)' : `sum(abs(s${i}))`, by: 'sum' };
  });
  const contributions = printPathContributions(asked, path, functions);
  const into = `parts_of_stores${index}`;
  const sums = gathered.map(({ name }) => `sum(${name}) AS ${name}`);
  const stores = `SELECT ${[...byStore, ...sums].join(', ')} FROM ${into}${groupedBy(byStore)}`;
  const largest = gathered.flatMap(({ name }, i) => [`max(${name}) AS largest${i}`, `sum(${name}) AS whole${i}`]);
  const texts = printTexts(keys, contributions.codes);
  return {
    name: `stores${index}`,
    sql: `SELECT ${[...texts, ...largest].join(', ')} FROM (${stores}) AS parts${groupedBy(keys)}`,
    step: printStep(into, contributions, { keys: byStore, gathered }),
    tables: contributions.tables,
  };
}

function printStep(
  into: string,
  { of: parts, codes }: PrintedContributions,
  { keys, gathered }: { readonly keys: readonly string[]; readonly gathered: readonly Gathered[] },
): ShardStep {
  const wide = (text: string, name: string): string => `CAST(${text} AS HUGEINT) AS ${name}`;
  const firsts = gathered.map(({ name, of }) => wide(of, name));
  const again = [...keys, ...gathered.map(({ name, by }) => wide(`${by}(${name})`, name))].join(', ');
  // Codes of the one are texts in the other, and a table has one of the two.
  const texts = parts.length === 1 ? keys : keys.map((k) => (codes.has(k) ? `CAST(${k} AS VARCHAR) AS ${k}` : k));
  const each = parts.map(
    ({ steps, source }, index) =>
      `SELECT * FROM (WITH ${steps} SELECT ${[...(index === 0 ? texts : keys), ...firsts].join(', ')} FROM ${source}${groupedBy(keys)})`,
  );
  return {
    into,
    sql: each.join(' UNION ALL '),
    keeps: 'run',
    merge: `SELECT ${again} FROM ${into}${groupedBy(keys)}`,
  };
}

function printTexts(keys: readonly string[], codes: ReadonlySet<string>): readonly string[] {
  return keys.map((key) => (codes.has(key) ? `CAST(parts.${key} AS VARCHAR) AS ${key}` : `parts.${key}`));
}

function groupedBy(keys: readonly string[]): string {
  return keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, index) => index + 1).join(', ')}`;
}

/** Tables that several steps read are loaded once, with the columns of all. */
function together(tables: readonly PathTable[]): readonly PathTable[] {
  const byName = new Map<string, PathTable>();
  for (const table of tables) {
    const columns = [...new Set([...(byName.get(table.name)?.columns ?? []), ...table.columns])];
    byName.set(table.name, { ...table, columns });
  }
  return [...byName.values()];
}
