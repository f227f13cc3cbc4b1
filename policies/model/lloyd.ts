// Lloyd's rounds over released sums. They begin with more points than clusters, far apart and chosen before any data is
// looked at, because a start with as many points as clusters often ends where two of them share one heap of persons. What
// these many points have found is then put together to clusters from released numbers alone, which costs nothing.
//
// Source: Su, Cao, Li, Bertino, Jin, "Differentially Private K-Means Clustering" (2016).
import { type Dimension, HALF_SPACE_UNITS } from './cluster-space.ts';
import type { Point } from './cluster-sql.ts';
import { countIn, type ReleasedRow } from './counted-rows.ts';

/** Points of the first rounds for each cluster, and at most. */
const POINTS_PER_CLUSTER_COUNT = 4;
const MAX_POINTS_COUNT = 32;
/** Candidates among which the first points are chosen. */
const CANDIDATES_COUNT = 400;
/** Starts from which found points are put together, and rounds of each. */
const STARTS_COUNT = 40;
const GATHERING_ROUNDS_COUNT = 25;
/** Fewer persons than so many deviations of their noise say nothing of where they lie. */
const SURE_DEVIATIONS = 2;

/** A point with about how many persons lie nearest to it. */
export interface WeightedPoint {
  readonly point: Point;
  readonly persons: number;
}

/** Numbers from 0 to 1 that are the same every time: a start is no secret, and a repetition must ask the same. */
function steadyNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The first points: each chosen to be far from those before it, of places that a person can have. */
export function startingPoints(space: readonly Dimension[], clusters: number): readonly Point[] {
  const next = steadyNumbers(clusters);
  const count = Math.min(MAX_POINTS_COUNT, POINTS_PER_CLUSTER_COUNT * clusters);
  const candidates = Array.from({ length: CANDIDATES_COUNT }, (): Point => placeIn(space, next));
  const chosen: Point[] = [candidates[0] ?? []];
  while (chosen.length < count) {
    const farthest = candidates.reduce((best, one) => (nearness(one, chosen) > nearness(best, chosen) ? one : best));
    chosen.push(farthest);
  }
  return chosen;
}

/** A place with a value of each feature: the dimensions of one choice go together. */
function placeIn(space: readonly Dimension[], next: () => number): Point {
  const codes = new Map<string, number>();
  return space.map(({ feature, units }) => {
    if (feature.kind === 'bands') return Math.round((2 * next() - 1) * HALF_SPACE_UNITS);
    const code = codes.get(feature.name) ?? Math.floor(next() * units.length);
    codes.set(feature.name, code);
    return units[code] ?? 0;
  });
}

function nearness(point: Point, others: readonly Point[]): number {
  return Math.min(...others.map((other) => squaredDistance(point, other)));
}

function squaredDistance(a: Point, b: Point): number {
  return a.reduce((sum, unit, index) => sum + (unit - (b[index] ?? 0)) ** 2, 0);
}

/** Moves points to the middle of their persons, from a release; one with hardly anybody stays where it is. */
export function movedPoints(points: readonly Point[], rows: readonly ReleasedRow[]): readonly WeightedPoint[] {
  return points.map((point, k) => {
    const row = rows.find((r) => r.k !== null && Number(r.k) === k);
    if (row === undefined) return { point, persons: 0 };
    const { persons, sd } = countIn(row, 'n');
    if (persons < Math.max(1, SURE_DEVIATIONS * sd)) return { point, persons: 0 };
    const moved = point.map((_, index) => {
      const middle = Math.round(Number(row[`s${index}`]) / persons);
      return Math.max(-HALF_SPACE_UNITS, Math.min(HALF_SPACE_UNITS, middle)) || 0;
    });
    return { point: moved, persons };
  });
}

/** Puts weighted points together to as many clusters as wanted: the best of many starts. */
export function gatheredPoints(found: readonly WeightedPoint[], clusters: number): readonly Point[] {
  const people = found.filter((one) => one.persons > 0);
  const known =
    people.length >= clusters ? people : found.map((one) => ({ ...one, persons: Math.max(1, one.persons) }));
  const next = steadyNumbers(found.length);
  let best: { readonly points: readonly Point[]; readonly cost: number } | null = null;
  for (let start = 0; start < STARTS_COUNT; start += 1) {
    const points = gatherFrom(spreadStart(known, clusters, next), known);
    const cost = known.reduce((sum, { point, persons }) => sum + persons * nearness(point, points), 0);
    if (best === null || cost < best.cost) best = { points, cost };
  }
  const points = best?.points ?? [];
  return points.map((point) => point.map((unit) => Math.round(unit) || 0));
}

/** Each next point by chance, the likelier the farther it is from those before. */
function spreadStart(known: readonly WeightedPoint[], clusters: number, next: () => number): readonly Point[] {
  const chosen: Point[] = [];
  while (chosen.length < clusters) {
    const weights = known.map(({ point, persons }) => persons * (chosen.length === 0 ? 1 : nearness(point, chosen)));
    let left = next() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    chosen.push(known[index < 0 ? chosen.length % known.length : index]?.point ?? []);
  }
  return chosen;
}

function gatherFrom(start: readonly Point[], known: readonly WeightedPoint[]): readonly Point[] {
  let points = start;
  for (let round = 0; round < GATHERING_ROUNDS_COUNT; round += 1) {
    const groups = points.map((): WeightedPoint[] => []);
    for (const one of known) groups[nearestOf(one.point, points)]?.push(one);
    points = points.map((point, index) => meanOf(groups[index] ?? []) ?? point);
  }
  return points;
}

function nearestOf(point: Point, points: readonly Point[]): number {
  const distances = points.map((other) => squaredDistance(point, other));
  return distances.indexOf(Math.min(...distances));
}

function meanOf(group: readonly WeightedPoint[]): Point | null {
  const [first] = group;
  const persons = group.reduce((sum, one) => sum + one.persons, 0);
  if (first === undefined || persons === 0) return null;
  return first.point.map(
    (_, index) => group.reduce((sum, one) => sum + one.persons * (one.point[index] ?? 0), 0) / persons,
  );
}
