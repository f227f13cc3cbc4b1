import { type CodedFeature, type Dimension, dimensionSql } from './cluster-space.ts';
import { codeSql } from './feature-codes.ts';
import { fromPersons, type PersonsSource, personSql } from './persons-source.ts';

/** A point of the space, in whole units. */
export type Point = readonly number[];

/**
 * SQL of the nearest of some points, over a person's own row: columns `person`, `k`, each number `x…` and each code `f…`.
 *
 * Each step is grouped by the person, though each has one row anyway: what is computed there is a column for the next
 * step, where else its whole expression would be written out again for each of the distances.
 */
export function nearestSql(
  source: PersonsSource,
  {
    space,
    points,
    features,
  }: {
    readonly space: readonly Dimension[];
    readonly points: readonly Point[];
    /** Features whose codes are carried along, for a profile. */
    readonly features: readonly CodedFeature[];
  },
): string {
  const numbers = space.map((_, index) => `x${index}`);
  const codes = features.map((_, index) => `f${index}`);
  const carried = [...numbers, ...codes];
  const placed = [
    ...space.map((dimension, index) => `max(${dimensionSql(dimension)}) AS x${index}`),
    ...features.map((feature, index) => `max(${codeSql(feature)}) AS f${index}`),
  ].join(', ');
  const rows = `SELECT ${personSql(source)} AS person, ${placed} ${fromPersons(source)} GROUP BY ${personSql(source)}`;
  const distances = points.map((point, index) => `max(${distanceSql(point)}) AS d${index}`);
  const again = carried.map((column) => `max(${column}) AS ${column}`);
  const measured = `SELECT person, ${[...again, ...distances].join(', ')} FROM (${rows}) AS a GROUP BY person`;
  return `SELECT ${['person', ...carried].join(', ')}, ${choiceSql(points.length)} AS k FROM (${measured}) AS b`;
}

/** The square of a distance, less the square of the person's own place, which is the same for all points. */
function distanceSql(point: Point): string {
  const square = point.reduce((sum, unit) => sum + unit * unit, 0);
  return point.reduce(
    (text, unit, index) => `${text} ${unit > 0 ? '-' : '+'} ${Math.abs(2 * unit)} * x${index}`,
    `${square}`,
  );
}

function choiceSql(count: number): string {
  const distances = Array.from({ length: count }, (_, index) => `d${index}`);
  const least = `least(${distances.join(', ')})`;
  const branches = distances.slice(0, -1).map((distance, index) => `WHEN ${distance} = ${least} THEN ${index}`);
  return `CASE ${branches.join(' ')} ELSE ${count - 1} END`;
}

/** The question of one round: how many persons are nearest to each point, and where they lie. */
export function roundSql(source: PersonsSource, space: readonly Dimension[], points: readonly Point[]): string {
  const sums = space.map((_, index) => `sum(x${index}) AS s${index}`).join(', ');
  const nearest = nearestSql(source, { space, points, features: [] });
  return `SELECT k, count(DISTINCT person) AS n, ${sums} FROM (${nearest}) AS c GROUP BY k`;
}

/** The question of the profiles: persons by cluster, and by cluster and value of each feature. */
export function profileSql(
  source: PersonsSource,
  space: readonly Dimension[],
  { points, features }: { readonly points: readonly Point[]; readonly features: readonly CodedFeature[] },
): string {
  const keys = features.map((_, index) => `f${index}`);
  const sets = ['(k)', ...keys.map((key) => `(k, ${key})`)].join(', ');
  const nearest = nearestSql(source, { space, points, features });
  return `SELECT ${['k', ...keys].join(', ')}, count(DISTINCT person) AS n FROM (${nearest}) AS c
GROUP BY GROUPING SETS (${sets})`;
}

/** SQL of the audience of one cluster. */
export function clusterSql(
  source: PersonsSource,
  space: readonly Dimension[],
  { points, cluster }: { readonly points: readonly Point[]; readonly cluster: number },
): string {
  return `SELECT person FROM (${nearestSql(source, { space, points, features: [] })}) AS c WHERE k = ${cluster}`;
}
