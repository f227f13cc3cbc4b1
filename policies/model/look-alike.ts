// A look-alike is naive Bayes over released counts: how much more usual each value is within the seed than outside it, in
// logarithms, added up over a person's own row. Two counts a value are all that it takes from the data, so that the noise
// is that of counting, and what ranks a person is a sum that anybody can read.
import { quoteText } from '../audience/quote-name.ts';
import { type CountedPersons, countIn, type ReleasedRow } from './counted-rows.ts';
import { caseSql, codeSql, type Feature, MISSING_CODE, readColumn } from './feature-codes.ts';
import { fromPersons, isIn, type PersonsSource, personSql } from './persons-source.ts';

/** Weights are whole hundredths: sums of them are exact, and a digit more would be noise. */
export const WEIGHT_UNIT_RATIO = 100;
/** Largest weight: one value alone must not outvote all others, however rare it is outside. */
const MAX_WEIGHT_UNITS = 400;
/** Persons that a share is drawn towards the share of everybody by, at least; where noise is larger, by twice the noise. */
const PRIOR_PERSONS = 10;
const PRIOR_DEVIATIONS = 2;
/** Most texts of one feature that get a weight of their own: the most usual ones. */
const MAX_TEXTS_COUNT = 60;

/** What one value of a feature adds to the score. */
export interface Weight {
  readonly feature: string;
  /** The code of the value, or the text itself. */
  readonly value: bigint | string;
  /** In words, for people. */
  readonly label: string;
  /** In hundredths of a natural logarithm. */
  readonly units: number;
  /** Standard deviation of what was measured, in the same unit. */
  readonly sdUnits: number;
}

/** The question that a look-alike is trained from: persons by value and by whether they are in the seed. */
export function trainingSql(source: PersonsSource, seedSql: string, features: readonly Feature[]): string {
  const codes = features.map((feature, index) => `${textless(feature)} AS f${index}`);
  const seed = `CASE WHEN ${isIn(source, seedSql)} THEN 1 ELSE 0 END AS seed`;
  const rows = `SELECT ${[`${personSql(source)} AS person`, ...codes, seed].join(', ')} ${fromPersons(source)}`;
  const keys = features.map((_, index) => `f${index}`);
  const sets = [...keys.map((key) => `(${key}, seed)`), '(seed)'];
  const counted = 'count(DISTINCT person) AS n';
  return `SELECT ${[...keys, 'seed', counted].join(', ')} FROM (${rows}) AS x GROUP BY GROUPING SETS (${sets.join(', ')})`;
}

/** A missing text is an empty one: NULL says in which grouping set a row is. */
function textless(feature: Feature): string {
  return feature.kind === 'texts' ? `coalesce(${codeSql(feature)}, '')` : codeSql(feature);
}

/**
 * The weights of all values, from the release of {@link trainingSql}.
 *
 * @param shownPersons fewest persons that a group shows with: one that does not show may have as many
 */
export function weightsOf(
  features: readonly Feature[],
  rows: readonly ReleasedRow[],
  shownPersons: number,
): readonly Weight[] {
  const keys = features.map((_, index) => `f${index}`);
  const all = rows.filter((row) => keys.every((key) => isNull(row[key])));
  const [seed, rest] = [1, 0].map((side) => Math.max(1, ...sideOf(all, side).map((row) => countIn(row, 'n').persons)));
  return features.flatMap((feature, index) => {
    const own = rows.filter((row) => !isNull(row[`f${index}`]));
    return featureWeights(feature, { rows: own, key: `f${index}`, seed: seed ?? 1, rest: rest ?? 1, shownPersons });
  });
}

interface FeatureCounts {
  readonly rows: readonly ReleasedRow[];
  readonly key: string;
  /** Persons in the seed and outside it. */
  readonly seed: number;
  readonly rest: number;
  readonly shownPersons: number;
}

function featureWeights(feature: Feature, { rows, key, seed, rest, shownPersons }: FeatureCounts): readonly Weight[] {
  const values = feature.kind === 'texts' ? textsOf(rows, key) : [...codesOf(feature)];
  const hidden: CountedPersons = { persons: shownPersons / 2, sd: shownPersons / 2 };
  return values.map((value) => {
    const own = rows.filter((row) => sameValue(row[key], value));
    // A value that nobody has to speak of says nothing of anybody.
    if (own.length === 0) return { feature: feature.name, value, label: labelOf(feature, value), units: 0, sdUnits: 0 };
    const counted = (side: number): CountedPersons => {
      const [row] = sideOf(own, side);
      return row === undefined ? hidden : countIn(row, 'n');
    };
    const [inside, outside] = [counted(1), counted(0)];
    const share = (Math.max(0, inside.persons) + Math.max(0, outside.persons) + 1) / (seed + rest + values.length);
    const measured = logRatio(inside, outside, { share, seed, rest });
    return { feature: feature.name, value, label: labelOf(feature, value), ...measured };
  });
}

function textsOf(rows: readonly ReleasedRow[], key: string): readonly string[] {
  const persons = new Map<string, number>();
  for (const row of rows) {
    const text = String(row[key]);
    persons.set(text, (persons.get(text) ?? 0) + countIn(row, 'n').persons);
  }
  const usual = [...persons].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, MAX_TEXTS_COUNT);
  return usual.map(([text]) => text);
}

function codesOf(feature: Exclude<Feature, { kind: 'texts' }>): readonly bigint[] {
  return [MISSING_CODE, ...[...feature.labels.keys()].map(BigInt)];
}

function labelOf(feature: Feature, value: bigint | string): string {
  if (typeof value === 'string') return value === '' ? 'missing' : value;
  return feature.kind === 'texts' || value === MISSING_CODE ? 'missing' : (feature.labels[Number(value)] ?? '');
}

interface Prior {
  /** The value's share of everybody. */
  readonly share: number;
  readonly seed: number;
  readonly rest: number;
}

/**
 * How much more usual a value is in the seed than outside, drawn towards nothing by as much as chance and noise may have
 * moved it: what noise alone would make of an empty group must not rank anybody.
 */
function logRatio(
  inside: CountedPersons,
  outside: CountedPersons,
  { share, seed, rest }: Prior,
): Pick<Weight, 'units' | 'sdUnits'> {
  const smoothed = ({ persons, sd }: CountedPersons, all: number): number => {
    const prior = Math.max(PRIOR_PERSONS, PRIOR_DEVIATIONS * sd);
    return (Math.max(0, persons) + prior * share) / (all + prior);
  };
  const ratio = Math.log(smoothed(inside, seed) / smoothed(outside, rest));
  const variance = relativeVariance(inside) + relativeVariance(outside);
  const kept = ratio === 0 ? 0 : Math.max(0, 1 - variance / (ratio * ratio));
  const units = Math.round(WEIGHT_UNIT_RATIO * ratio * kept);
  return {
    units: Math.max(-MAX_WEIGHT_UNITS, Math.min(MAX_WEIGHT_UNITS, units)) || 0,
    sdUnits: WEIGHT_UNIT_RATIO * Math.sqrt(variance),
  };
}

/** Variance of the logarithm of a count, from sampling and from noise. */
function relativeVariance({ persons, sd }: CountedPersons): number {
  const floor = Math.max(1, persons, sd);
  return (sd * sd + Math.max(1, persons)) / (floor * floor);
}

/** SQL of the score over a person's own row: a sum of released weights. */
export function scoreSql(features: readonly Feature[], weights: readonly Weight[]): string {
  const terms = features.flatMap((feature) => {
    const own = weights.filter((w) => w.feature === feature.name);
    return own.every((w) => w.units === 0) ? [] : [termSql(feature, own)];
  });
  return terms.length === 0 ? '0' : terms.join(' + ');
}

function termSql(feature: Feature, weights: readonly Weight[]): string {
  const unitsOf = (value: bigint): string => String(weights.find((w) => w.value === value)?.units ?? 0);
  if (feature.kind !== 'texts') {
    return caseSql(
      feature,
      [...feature.labels.keys()].map((code) => unitsOf(BigInt(code))),
      unitsOf(MISSING_CODE),
    );
  }
  const of = `coalesce(${readColumn(feature.name)}, '')`;
  const groups = Map.groupBy(
    weights.filter((w) => w.units !== 0),
    (w) => w.units,
  );
  const branches = [...groups].map(([units, own]) => {
    return `WHEN ${of} IN (${own.map((w) => quoteText(String(w.value))).join(', ')}) THEN ${units}`;
  });
  return `CASE ${branches.join(' ')} ELSE 0 END`;
}

/** The least and the greatest score. */
export function scoreRange(
  features: readonly Feature[],
  weights: readonly Weight[],
): { readonly low: number; readonly high: number } {
  const own = features.map(({ name }) => weights.filter((w) => w.feature === name).map((w) => w.units));
  const sum = (pick: (units: readonly number[]) => number): number => own.reduce((all, units) => all + pick(units), 0);
  return { low: sum((units) => Math.min(0, ...units)), high: sum((units) => Math.max(0, ...units)) };
}

function sideOf(rows: readonly ReleasedRow[], side: number): readonly ReleasedRow[] {
  return rows.filter((row) => Number(row.seed) === side);
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined;
}

function sameValue(cell: unknown, value: bigint | string): boolean {
  return typeof value === 'string' ? cell === value : Number(cell) === Number(value);
}
