import { chooseContributions } from '../layout/choose-path.ts';
import type { LayoutSpec, PathQuery, PathTable, ShardStep, StoredLayout } from '../layout/layout.ts';
import type { PathKind, PlannedPath, ShardedPath } from '../layout/path.ts';
import { printPathContributions } from '../layout/print-path.ts';
import type { PrintedContributions } from '../layout/print-planned.ts';
import type { MostRows } from '../plan/bounding-choice.ts';
import { FunctionNames } from '../print/function-names.ts';
import { least, unlessNone } from './print-cells.ts';
import { printTold, toldOf } from './print-threshold.ts';
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
      steps: parts.flatMap((p) => p.steps),
      tables: together(parts.flatMap((p) => p.tables)),
      functions: functions.list(),
      ...told,
    },
  };
}

function isPairs({ form }: LayoutSpec): boolean {
  return form === 'core' || form === 'rest';
}

/** A table of groups, from the parts that steps gather of it. */
interface GroupParts {
  readonly name: string;
  readonly sql: string;
  readonly steps: readonly ShardStep[];
  readonly tables: readonly PathTable[];
}

/** Columns that are gathered: how they are taken from contributions, and how from parts of them. */
interface Gathered {
  readonly name: string;
  readonly of: string;
  readonly by: 'sum' | 'max';
}

/** Where parts are gathered, by which keys, and what of them. */
interface GatheringPlace {
  readonly into: string;
  readonly keys: readonly string[];
  readonly gathered: readonly Gathered[];
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
  const told = aggregate.statistics.flatMap((statistic, i): readonly Gathered[] => {
    const { sum, persons, largest, whole } = toldOf(statistic, `s${i}`);
    return [
      { name: `s${i}`, of: sum, by: 'sum' },
      { name: `c${i}`, of: persons, by: 'sum' },
      { name: `largest${i}`, of: largest, by: 'max' },
      { name: `whole${i}`, of: whole, by: 'sum' },
    ];
  });
  const different = unlike.map(({ i, j, name }): Gathered => {
    return { name, of: `count(*) FILTER (WHERE ${value(i)} <> ${value(j)})`, by: 'sum' };
  });
  const contributions = printPathContributions(aggregate, path, functions);
  const keys = aggregate.keys.map((_, index) => `k${index}`);
  const place = { into: 'parts', keys, gathered: [...told, ...different] };
  const inside = least(unlike.map(({ name }) => unlessNone(`sum(${name})`)));
  const shown = told.map(({ name, by }) => `${by}(${name}) AS ${name}`);
  return {
    name: 'f',
    sql: `SELECT ${[...keys, ...shown, `${inside} AS inside`].join(', ')} FROM ${printAll(place, contributions)}${groupedBy(keys)}`,
    steps: printGathering(place, contributions),
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
  const place = { into: `parts_of_stores${index}`, keys: byStore, gathered };
  const sums = gathered.map(({ name }) => `sum(${name}) AS ${name}`);
  const stores = `SELECT ${[...byStore, ...sums].join(', ')} FROM ${printAll(place, contributions)}${groupedBy(byStore)}`;
  const largest = gathered.flatMap(({ name }, i) => [`max(${name}) AS largest${i}`, `sum(${name}) AS whole${i}`]);
  return {
    name: `stores${index}`,
    sql: `SELECT ${[...keys, ...largest].join(', ')} FROM (${stores}) AS parts${groupedBy(keys)}`,
    steps: printGathering(place, contributions),
    tables: contributions.tables,
  };
}

/** Parts are gathered by codes where keys are codes: in texts, every person's would be hashed. */
function printGathering({ into, keys, gathered }: GatheringPlace, { of }: PrintedContributions): readonly ShardStep[] {
  const wide = (text: string, name: string): string => `CAST(${text} AS HUGEINT) AS ${name}`;
  const firsts = [...keys, ...gathered.map((g) => wide(g.of, g.name))].join(', ');
  const again = [...keys, ...gathered.map(({ name, by }) => wide(`${by}(${name})`, name))].join(', ');
  return of.map(({ steps, source }, index): ShardStep => {
    const table = index === 0 ? into : overTable(into);
    return {
      into: table,
      sql: `WITH ${steps} SELECT ${firsts} FROM ${source}${groupedBy(keys)}`,
      keeps: 'run',
      merge: `SELECT ${again} FROM ${table}${groupedBy(keys)}`,
      // The second is of persons over what is declared.
      ...(index === 0 ? {} : { isOver: true }),
    };
  });
}

/** All that was gathered, with codes as their texts. */
function printAll({ into, keys, gathered }: GatheringPlace, { of, codes }: PrintedContributions): string {
  const names = gathered.map(({ name }) => name);
  const texts = keys.map((key) => (codes.has(key) ? `CAST(${key} AS VARCHAR) AS ${key}` : key));
  const within = `SELECT ${[...texts, ...names].join(', ')} FROM ${into}`;
  if (of.length === 1) return `(${within}) AS parts`;
  return `(${within} UNION ALL SELECT ${[...keys, ...names].join(', ')} FROM ${overTable(into)}) AS parts`;
}

function overTable(into: string): string {
  return `${into}_over`;
}

function groupedBy(keys: readonly string[]): string {
  return keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, index) => index + 1).join(', ')}`;
}

/** Tables that several steps read are loaded once, with the columns of all. */
function together(tables: readonly PathTable[]): readonly PathTable[] {
  const byName = new Map<string, PathTable>();
  for (const table of tables) {
    const known = byName.get(table.name);
    // INVARIANT: what is given whole is read by no step that runs shard by shard.
    if (known !== undefined && isOver(known) !== isOver(table)) throw new TypeError('a table is read in two ways');
    const columns = [...new Set([...(known?.columns ?? []), ...table.columns])];
    byName.set(table.name, { ...table, columns });
  }
  return [...byName.values()];
}

function isOver(table: PathTable): boolean {
  return table.kind === 'layout' && table.isOver === true;
}
