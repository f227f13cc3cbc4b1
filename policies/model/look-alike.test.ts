import { beforeAll, describe, expect, it } from 'vitest';
import {
  askPeople,
  describe as describeSql,
  kindsOf,
  loadPeople,
  peopleSource,
  seedSql,
} from '../../test/support/model-people.ts';
import { type Feature, featureOf } from './feature-codes.ts';
import { scoreRange, scoreSql, trainingSql, weightsOf } from './look-alike.ts';
import { bandsSql, cutFor, cutSql, edgesFrom, firstBandsSql, fromTheTop, type Ranking } from './score-bands.ts';

const PEOPLE = 10_000;
const SHOWN = 50;
let features: readonly Feature[];

beforeAll(async () => {
  await loadPeople(PEOPLE);
  const { columns } = await describeSql(peopleSource.sql);
  features = columns.map((column) => featureOf(column)).filter((feature) => typeof feature !== 'string');
});

/** Trains as the service does, with noise. */
async function trained(seed: string, epsilons: readonly [number, number, number]) {
  const weights = weightsOf(features, await askPeople(trainingSql(peopleSource, seed, features), epsilons[0]), SHOWN);
  const score = scoreSql(features, weights);
  const ranking: Ranking = {
    source: peopleSource,
    score,
    ...scoreRange(features, weights),
    isWhole: true,
    without: seed,
  };
  const edges = edgesFrom(ranking, await askPeople(firstBandsSql(ranking), epsilons[1]), SHOWN);
  const cuts = fromTheTop(edges, await askPeople(bandsSql(ranking, edges), epsilons[2]), SHOWN);
  return { weights, ranking, cuts };
}

describe('a look-alike at an epsilon of 1', () => {
  let model: Awaited<ReturnType<typeof trained>>;
  beforeAll(async () => {
    model = await trained(seedSql, [0.76, 0.35, 0.45]);
  });

  it('finds the kind that the seed is of, in sizes that are about what was wanted', async () => {
    const { ranking, cuts } = model;
    for (const wanted of [500, 1_000]) {
      const cut = cutFor(cuts, wanted);
      expect(cut).not.toBeNull();
      const [own, ...others] = await kindsOf(cutSql(ranking, cut?.score ?? 0));
      const found = own + others.reduce((sum, n) => sum + n, 0);
      expect(found).toBeGreaterThan(wanted / 2);
      expect(found).toBeLessThan(wanted * 2);
      // What is said of the size is about what it is: within the noise, and the bands that do not show.
      expect(Math.abs(found - (cut?.persons ?? 0))).toBeLessThan(6 * (cut?.sd ?? 0));
      // A fifth of all are of that kind: the lift over chance is more than three.
      expect(own / found).toBeGreaterThan(0.6);
    }
  });

  it('learns the direction of what the kind differs in, also where the values of a column are a secret', () => {
    const { weights } = model;
    const unitsOf = (feature: string, label: string): number =>
      weights.find((w) => w.feature === feature && w.label === label)?.units ?? 0;
    expect(unitsOf('city', 'north')).toBeGreaterThan(30);
    expect(unitsOf('brand', 'luma')).toBeGreaterThan(30);
    expect(unitsOf('app', 'false')).toBeLessThan(-30);
  });

  it('learns next to nothing of a seed that is like everybody', async () => {
    const others = features.filter(({ name }) => name !== 'age');
    const rows = await askPeople(
      trainingSql(peopleSource, 'select email from platform.people where age % 2 = 0', others),
      0.76,
    );
    const units = weightsOf(others, rows, SHOWN).map((w) => Math.abs(w.units));
    // A quarter more or less, where what the kind differs in makes it seven times as likely.
    expect(Math.max(...units)).toBeLessThan(25);
  });
});
