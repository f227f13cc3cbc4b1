// Where a ranking is cut follows from a protected histogram of the scores: the cut is a released value, so that nobody
// comes in or goes out because somebody else did.
//
// Nobody knows beforehand how scores are spread, and a band with hardly anybody in it does not show. So a few bands of
// equal width are counted first, and from these follow others that hold about as many persons as a cut needs.
import { type CountedPersons, countIn, type ReleasedRow } from './counted-rows.ts';
import { numberText } from './feature-codes.ts';
import { fromPersons, isIn, type PersonsSource, personSql } from './persons-source.ts';

/** Bands of the first count. */
const FIRST_BANDS_COUNT = 24;
/** Most places to cut at: from the top, each with so many times the persons of the one before. */
const MAX_EDGES_COUNT = 48;
const GROWTH_RATIO = 1.2;
/** Persons between two places to cut at: so many times the fewest that show, or that stand out of the noise. */
const SHOWN_MULTIPLE = 2;
const NOISE_MULTIPLE = 4;

/** A score over a person's own row. */
export interface Ranking {
  readonly source: PersonsSource;
  /** SQL of the score. */
  readonly score: string;
  /** The least and the greatest score. */
  readonly low: number;
  readonly high: number;
  /** Whether scores are whole numbers: then a place to cut at is one too. */
  readonly isWhole: boolean;
  /** SQL of an audience whose persons are left out; `null` for nobody. */
  readonly without: string | null;
}

/** About how many persons have at least some score. */
export interface CutCount extends CountedPersons {
  readonly score: number;
}

/** The question that counts persons in bands of equal width. */
export function firstBandsSql(ranking: Ranking): string {
  const { low } = ranking;
  const bucket = `width_bucket(score, ${numberText(low)}, ${numberText(endOf(ranking))}, ${FIRST_BANDS_COUNT})`;
  return bandsOf(ranking, bucket);
}

/** Beyond the last band; the greatest score is in it. */
function endOf({ low, high, isWhole }: Ranking): number {
  if (isWhole) return high + 1;
  return high > low ? high : low + 1;
}

/** The question that counts persons between places to cut at, which ascend: band 0 is below the first. */
export function bandsSql(ranking: Ranking, edges: readonly number[]): string {
  const branches = edges.map((edge, index) => `WHEN score >= ${numberText(edge)} THEN ${index + 1}`).reverse();
  return bandsOf(ranking, `CASE WHEN score IS NULL THEN NULL ${branches.join(' ')} ELSE 0 END`);
}

/** Grouped by the person, though each has one row: so the score is a column, and is not written out for each band. */
function bandsOf(ranking: Ranking, band: string): string {
  const { source, score } = ranking;
  const person = personSql(source);
  const where = whereSql(ranking, []);
  const rows = `SELECT ${person} AS person, max(${score}) AS score ${fromPersons(source)}${where} GROUP BY ${person}`;
  return `SELECT ${band} AS band, count(DISTINCT person) AS n FROM (${rows}) AS x GROUP BY band`;
}

/** SQL of the audience of all persons with at least some score. */
export function cutSql(ranking: Ranking, score: number): string {
  const isBest = `${ranking.score} >= ${numberText(score)}`;
  const { source } = ranking;
  return `SELECT ${personSql(source)} ${fromPersons(source)}${whereSql(ranking, [isBest])}`;
}

function whereSql({ source, without }: Ranking, conditions: readonly string[]): string {
  const all = without === null ? conditions : [...conditions, `NOT (${isIn(source, without)})`];
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
}

/**
 * Places to cut at, ascending, from the release of {@link firstBandsSql}.
 *
 * @param shownPersons fewest persons that a group shows with
 */
export function edgesFrom(ranking: Ranking, rows: readonly ReleasedRow[], shownPersons: number): readonly number[] {
  const { low } = ranking;
  const width = (endOf(ranking) - low) / FIRST_BANDS_COUNT;
  const counted = rows
    .filter((row) => row.band !== null)
    .map((row) => ({ band: Number(row.band), ...countIn(row, 'n') }));
  const noise = Math.max(0, ...counted.map((c) => c.sd));
  const least = Math.max(SHOWN_MULTIPLE * shownPersons, NOISE_MULTIPLE * noise, 1);
  const edges: number[] = [];
  let [above, target] = [0, least];
  for (let band = FIRST_BANDS_COUNT + 1; band >= 1; band -= 1) {
    const persons = Math.max(0, counted.find((c) => c.band === band)?.persons ?? 0);
    const start = low + width * (band - 1);
    while (above + persons >= target && edges.length < MAX_EDGES_COUNT) {
      edges.push(start + (width * (above + persons - target)) / persons);
      target += Math.max(least, target * (GROWTH_RATIO - 1));
    }
    above += persons;
  }
  const rounded = edges.map((edge) => (ranking.isWhole ? Math.round(edge) : Number(numberText(edge))));
  return [...new Set(rounded)].toSorted((a, b) => a - b);
}

/**
 * Persons from each place to cut at on, the best first, from the release of {@link bandsSql}.
 *
 * Noise lets such a sum fall where it can only grow; it is drawn level again, which makes it better and tells nothing more.
 *
 * @param shownPersons fewest persons that a group shows with: a band that does not show may have as many
 */
export function fromTheTop(
  edges: readonly number[],
  rows: readonly ReleasedRow[],
  shownPersons: number,
): readonly CutCount[] {
  const byBand = new Map(rows.filter((r) => r.band !== null).map((row) => [Number(row.band), countIn(row, 'n')]));
  const hidden = { persons: 0, sd: shownPersons / 2 };
  let [persons, variance] = [0, 0];
  const sums = edges.toReversed().map((score, index) => {
    const band = byBand.get(edges.length - index) ?? hidden;
    persons += band.persons;
    variance += band.sd ** 2;
    return { score, persons, sd: Math.sqrt(variance) };
  });
  const level = neverFalling(sums.map(({ persons: value, sd }) => ({ value, weight: 1 / Math.max(sd * sd, 1e-9) })));
  return sums.map((sum, index) => ({ ...sum, persons: Math.max(0, level[index] ?? 0) }));
}

/** The nearest sequence that never falls: neighbours that fall are given their common mean. */
function neverFalling(points: readonly { readonly value: number; readonly weight: number }[]): readonly number[] {
  const pools: { value: number; weight: number; size: number }[] = [];
  for (const point of points) {
    pools.push({ ...point, size: 1 });
    for (;;) {
      const [before, last] = [pools.at(-2), pools.at(-1)];
      if (before === undefined || last === undefined || before.value <= last.value) break;
      const weight = before.weight + last.weight;
      const value = (before.value * before.weight + last.value * last.weight) / weight;
      pools.splice(-2, 2, { value, weight, size: before.size + last.size });
    }
  }
  return pools.flatMap(({ value, size }) => Array.from({ length: size }, () => value));
}

/** The place to cut at for about so many persons; `null` where nothing showed. */
export function cutFor(cuts: readonly CutCount[], persons: number): CutCount | null {
  let best: CutCount | null = null;
  for (const cut of cuts) {
    if (cut.persons <= 0) continue;
    if (best === null || Math.abs(cut.persons - persons) < Math.abs(best.persons - persons)) best = cut;
  }
  return best;
}
