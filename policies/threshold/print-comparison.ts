import { FunctionNames } from '../print/function-names.ts';
import { type PrintedQuery, printAggregate, printContributions } from '../print/print-aggregate.ts';
import type { EarlierGroups } from './earlier-groups.ts';
import { type CellTables, least, printCells, unlessNone } from './print-cells.ts';
import { type ReleasedUnit, releasedUnits, type ThresholdAggregate } from './threshold-plan.ts';

/**
 * Prints the comparison of an exact aggregation with an earlier one: a row for each of its groups, and of its totals,
 * that differs from an earlier group or total in some persons, but in fewer than may be.
 *
 * Shape: the keys, the level of the total as GROUPING says it, and the fewest persons in whom it differs.
 */
export function printComparison(aggregate: ThresholdAggregate, earlier: EarlierGroups): PrintedQuery {
  // What the earlier one calls is named in its text already.
  const functions = new FunctionNames(earlier.functions ?? []);
  const keys = aggregate.keys.map((_, i) => `k${i}`);
  const units = releasedUnits(aggregate);
  const fresh = printCells('fresh', {
    contributions: printContributions(aggregate, functions),
    keyCount: keys.length,
    statisticCount: units.length,
  });
  const past = printCells('past', {
    contributions: earlier.sql,
    keyCount: earlier.keyCount,
    statisticCount: earlier.units.length,
  });
  const nearest = printNearest({ fresh, past }, units, earlier);
  const shown = [...keys.map((k) => `f.${k}`), 'CAST(f.level AS VARCHAR) AS level', 'CAST(n.d AS VARCHAR) AS d'];
  return {
    sql: `WITH ${[...fresh.printed, ...past.printed].join(', ')} SELECT ${shown.join(', ')} FROM (${nearest}) n JOIN ${fresh.groups} f ON f.g = n.g WHERE n.d < ${aggregate.minGroupSize}`,
    columns: [
      ...printAggregate(aggregate).columns.slice(0, keys.length),
      { name: 'level', kind: 'text' },
      { name: 'd', kind: 'text' },
    ],
    functions: functions.list(),
  };
}

/**
 * The fewest persons in whom a group, or a total, differs from one of an earlier aggregation.
 *
 * Two numbers differ in the persons who bring something to one of them only, and, where they are of one unit, in those
 * who bring unlike amounts: a row of the victim's taken out changes no set of persons, but the victim's amount.
 */
function printNearest(
  { fresh, past }: { readonly fresh: CellTables; readonly past: CellTables },
  units: readonly ReleasedUnit[],
  earlier: EarlierGroups,
): string {
  const pairs = units.flatMap((unit, i) =>
    earlier.units.flatMap((other, j) => (areAlike(unit, other) ? [{ i, j, isOneUnit: unit === other }] : [])),
  );
  const common = pairs.flatMap(({ i, j }) => [
    `count(*) FILTER (WHERE f.s${i} <> 0 AND e.s${j} <> 0) AS both${i}_${j}`,
    `count(*) FILTER (WHERE f.s${i} <> 0 AND f.s${i} = e.s${j}) AS equal${i}_${j}`,
  ]);
  const differences = pairs.flatMap(({ i, j, isOneUnit }) => {
    // What had fewer persons than it needed has not left, and nothing can be subtracted from it.
    const hasLeft = `b.c${j} >= ${earlier.minGroupSize}`;
    const inSets = `(a.c${i} + b.c${j} - 2 * o.both${i}_${j})`;
    const inAmounts = `(a.c${i} + b.c${j} - o.both${i}_${j} - o.equal${i}_${j})`;
    return [unlessNone(inSets, hasLeft), ...(isOneUnit ? [unlessNone(inAmounts, hasLeft)] : [])];
  });
  const counted = ['count(*) AS persons', ...common].join(', ');
  const overlaps = `SELECT f.g AS fresh, e.g AS past, ${counted} FROM ${fresh.cells} f JOIN ${past.cells} e ON f.p = e.p GROUP BY f.g, e.g`;
  return `SELECT o.fresh AS g, min(${least(differences)}) AS d FROM (${overlaps}) o JOIN ${fresh.groups} a ON a.g = o.fresh JOIN ${past.groups} b ON b.g = o.past GROUP BY o.fresh`;
}

/** Counts are compared with counts, and sums with sums; what has not left is compared with nothing. */
function areAlike(one: ReleasedUnit, other: ReleasedUnit): boolean {
  return one !== null && other !== null && (one === 'count') === (other === 'count');
}
