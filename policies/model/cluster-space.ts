// Persons are grouped where each lies between -50 and 50 by rank: not what an owner declared as the largest amount, but
// how many persons have less, decides how far apart two are. Ranks come from a release, so they cost once and leave no
// room for one person's fortune.
import { countIn, type ReleasedRow } from './counted-rows.ts';
import { caseSql, codeSql, type Feature, MISSING_CODE } from './feature-codes.ts';
import { fromPersons, type PersonsSource, personSql } from './persons-source.ts';

/** A feature whose values were known beforehand; others would need a group of their own for each text. */
export type CodedFeature = Exclude<Feature, { kind: 'texts' }>;

/** Half of the space in each dimension: what one person adds to a sum is bounded by it. */
export const HALF_SPACE_UNITS = 50;
/** How far the value of a choice lies from the others: two persons with other values are as far apart as any two ranks. */
const CHOICE_UNITS = 15;
const TRUTH_UNITS = 20;

/** One dimension of the space: a number from -50 to 50 for each code of a feature. */
export interface Dimension {
  readonly feature: CodedFeature;
  /** By code. */
  readonly units: readonly number[];
  /** For a missing value. */
  readonly missing: number;
}

/** The question that ranks follow from: persons by value of each feature. */
export function marginsSql(source: PersonsSource, features: readonly CodedFeature[]): string {
  const keys = features.map((_, index) => `f${index}`);
  const sets = keys.map((key) => `(${key})`).join(', ');
  return `SELECT ${keys.join(', ')}, count(DISTINCT person) AS n FROM (${codedRows(source, features)}) AS x
GROUP BY GROUPING SETS (${sets})`;
}

function codedRows(source: PersonsSource, features: readonly CodedFeature[]): string {
  const codes = features.map((feature, index) => `${codeSql(feature)} AS f${index}`);
  return `SELECT ${[`${personSql(source)} AS person`, ...codes].join(', ')} ${fromPersons(source)}`;
}

/** The dimensions, from the release of {@link marginsSql}. */
export function spaceOf(features: readonly CodedFeature[], rows: readonly ReleasedRow[]): readonly Dimension[] {
  return features.flatMap((feature, index): Dimension[] => {
    if (feature.kind === 'values') return choiceDimensions(feature);
    const persons = feature.labels.map((_, code) => {
      const row = rows.find((r) => r[`f${index}`] !== null && Number(r[`f${index}`]) === code);
      return row === undefined ? 0 : Math.max(0, countIn(row, 'n').persons);
    });
    return [{ feature, units: ranksOf(persons), missing: 0 }];
  });
}

/** The middle rank of each band, as a share of the space. */
function ranksOf(persons: readonly number[]): readonly number[] {
  const all = persons.reduce((sum, n) => sum + n, 0);
  let before = 0;
  return persons.map((n) => {
    const middle = all === 0 ? 0.5 : (before + n / 2) / all;
    before += n;
    return Math.round((2 * middle - 1) * HALF_SPACE_UNITS);
  });
}

function choiceDimensions(feature: CodedFeature): Dimension[] {
  const codes = [...feature.labels.keys()];
  if (codes.length === 2) return [{ feature, units: [-TRUTH_UNITS, TRUTH_UNITS], missing: 0 }];
  return codes.map((own) => {
    return {
      feature,
      units: codes.map((code) => (code === own ? CHOICE_UNITS : -CHOICE_UNITS)),
      missing: -CHOICE_UNITS,
    };
  });
}

/** SQL of the number of a dimension over a person's own row. */
export function dimensionSql({ feature, units, missing }: Dimension): string {
  return caseSql(feature, units.map(String), String(missing));
}

/** Most persons by value and cluster that people read of one feature. */
export function labelOfCode(feature: CodedFeature, code: number): string {
  return BigInt(code) === MISSING_CODE ? 'missing' : (feature.labels[code] ?? '');
}
