// Membership through a model. Somebody wants to know whether a person is in a seed, or in a table that a model learns from,
// and looks at what the model gives: its weights, where it is cut, and who else comes in or goes out when that one person
// does. Or it hopes that a cut at a number of persons works like a queue: one comes in at the top, one falls out at the end.
//
// The wall: what a model has learnt are released answers and arithmetic on them, each charged; and whom it selects is
// decided by a condition over a person's own row with these answers in it. So nobody comes in or goes out because of
// somebody else, and no weight tells more than the noisy counts that it is made of.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  clusterSql,
  cutSql,
  type Feature,
  featureOf,
  type PlannedAggregate,
  type Ranking,
  type ReleasedRow,
  scoreRange,
  scoreSql,
  spaceOf,
  startingPoints,
  trainingSql,
  type Weight,
  weightsOf,
} from '../../policies/index.ts';
import { effortOf } from '../support/effort.ts';
import { runSql } from '../support/engine.ts';
import { expectNotOver, expectSame, play, zcdpAdvantageBound } from '../support/games.ts';
import {
  describe as describeSql,
  loadPeople,
  peopleSource,
  plansOf,
  seedSql,
  selectedBy,
} from '../support/model-people.ts';
import { rowsOf } from '../support/run-plan.ts';
import { lookAt } from '../support/worlds.ts';

const PEOPLE = 3_000;
/** A person like nobody else in the seed: what a model could learn of it shows best. */
const VICTIM = 1_000_000;
const SHOWN = 50;
const ROUNDS_COUNT = effortOf(1_500, 5_000, 50_000);
const EPSILONS = effortOf(0, 1, 1) === 0 ? [1] : [0.5, 1, 2];
let features: readonly Feature[];

const addVictim = () => runSql(`INSERT INTO "platform.people" VALUES (${VICTIM}, 'north', 'plain', 79, 4900, false)`);
const dropVictim = () => runSql(`DELETE FROM "platform.people" WHERE email = ${VICTIM}`);
const addToSeed = () => runSql(`INSERT INTO "brand.customers" VALUES (${VICTIM})`);
const dropFromSeed = () => runSql(`DELETE FROM "brand.customers" WHERE email = ${VICTIM}`);

beforeAll(async () => {
  await loadPeople(PEOPLE);
  const { columns } = await describeSql(peopleSource.sql);
  features = columns.map((column) => featureOf(column)).filter((feature) => typeof feature !== 'string');
});

/** What a model may have learnt, with numbers of our own: whoever is selected by it follows from these alone. */
function someRanking(without: string | null): Ranking {
  const weights: Weight[] = [
    { feature: 'city', value: 0n, label: 'north', units: 90, sdUnits: 0 },
    { feature: 'app', value: 1n, label: 'true', units: 40, sdUnits: 0 },
    { feature: 'brand', value: 'plain', label: 'plain', units: -20, sdUnits: 0 },
  ];
  const score = scoreSql(features, weights);
  return { source: peopleSource, score, ...scoreRange(features, weights), isWhole: true, without };
}

describe('whom a model selects', () => {
  it('does not change for anybody by the coming and going of another', async () => {
    const coded = features.flatMap((feature) => (feature.kind === 'texts' ? [] : [feature]));
    const counted = coded.flatMap((feature, index) =>
      feature.labels.map((_, code) => ({ [`f${index}`]: code, n: 100, n_ci95_low: 90, n_ci95_high: 110 })),
    );
    const space = spaceOf(coded, counted);
    const points = startingPoints(space, 3);
    const audiences = [
      cutSql(someRanking(null), 40),
      cutSql(someRanking(seedSql), 40),
      ...[0, 1, 2].map((cluster) => clusterSql(peopleSource, space, { points, cluster })),
    ];
    let selected = 0;
    for (const sql of audiences) {
      const others = async (): Promise<readonly number[]> =>
        (await selectedBy(sql)).filter((person) => person !== VICTIM).toSorted((a, b) => a - b);
      const before = await others();
      selected += before.length;
      await addVictim();
      expectSame('whom a model selects, with another person there', await others(), before);
      await addToSeed();
      expectSame('whom a model selects, with another person in the seed', await others(), before);
      await dropVictim();
      await dropFromSeed();
    }
    // The clusters alone hold everybody once.
    expect(selected).toBeGreaterThan(PEOPLE);
  });

  it('leaves out a person of the seed for being in it, and nobody else', async () => {
    const everybody = await selectedBy(cutSql(someRanking(null), -100));
    const strangers = new Set(await selectedBy(cutSql(someRanking(seedSql), -100)));
    const seed = new Set(await selectedBy(seedSql));
    expect(everybody.filter((person) => !strangers.has(person)).toSorted()).toEqual([...seed].toSorted());
  });
});

type Exact = Awaited<ReturnType<typeof rowsOf>>;

/** One world of a training over one feature: counted once, noised at every look. */
async function worldOfTraining(feature: Feature, epsilon: number) {
  const plans = await plansOf(trainingSql(peopleSource, seedSql, [feature]), epsilon);
  const exact: Exact[] = [];
  for (const plan of plans) exact.push(await rowsOf(plan));
  const look = (): readonly ReleasedRow[] => plans.flatMap((plan, index) => released(plan, exact[index] ?? []));
  const rho = plans.reduce((sum, plan) => sum + plan.charge.rho, 0);
  return { look, rho };
}

/** The rows of a release under the names that the question gives them. */
function released(plan: PlannedAggregate, exact: Exact): readonly ReleasedRow[] {
  const names = plan.keys.length === 2 ? ['f0', 'seed'] : ['seed'];
  return lookAt(plan, exact).map((row) => {
    const [n, low, high] = row.slice(names.length);
    const keys = Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]));
    return { f0: null, ...keys, n, n_ci95_low: low, n_ci95_high: high };
  });
}

/** Persons in the seed with some value, as released. */
function insideOf(rows: readonly ReleasedRow[], code: number): number {
  const own = rows.find((row) => row.f0 !== null && Number(row.f0) === code && Number(row.seed) === 1);
  return Number(own?.n ?? 0);
}

describe('an adversary who knows everybody but one person', () => {
  const NORTH = 0;

  it.each(EPSILONS)('does not tell from a training whether that one is in the seed, at epsilon %d', async (epsilon) => {
    const city = features.find(({ name }) => name === 'city');
    if (city === undefined) throw new Error('no city');
    await addVictim();
    const absent = await worldOfTraining(city, epsilon);
    await addToSeed();
    const present = await worldOfTraining(city, epsilon);
    await dropVictim();
    await dropFromSeed();
    // The person is in the seed or outside it: both counts of its value change, so that the loss is that of both.
    const bound = zcdpAdvantageBound(4 * present.rho);
    const middle = (insideOf(await meanLook(absent), NORTH) + insideOf(await meanLook(present), NORTH)) / 2;
    const byCount = await play({
      with: present.look,
      without: absent.look,
      guess: (seen) => insideOf(seen, NORTH) > middle,
      rounds: ROUNDS_COUNT,
    });
    expectNotOver(`seed of a look-alike by its counts, epsilon ${epsilon}`, byCount, bound);
    const unitsOf = (seen: readonly ReleasedRow[]): number =>
      weightsOf([city], seen, SHOWN).find((w) => w.value === BigInt(NORTH))?.units ?? 0;
    const usual = unitsOf(await meanLook(absent));
    const byWeight = await play({
      with: present.look,
      without: absent.look,
      guess: (seen) => unitsOf(seen) > usual,
      rounds: ROUNDS_COUNT,
    });
    expectNotOver(`seed of a look-alike by its weights, epsilon ${epsilon}`, byWeight, bound);
    expect(byWeight.advantage).toBeLessThanOrEqual(byCount.upper);
  });

  it('would tell if there were no noise: the game can be won', async () => {
    const city = features.find(({ name }) => name === 'city');
    if (city === undefined) throw new Error('no city');
    await addVictim();
    const absent = await worldOfTraining(city, 1e40);
    await addToSeed();
    const present = await worldOfTraining(city, 1e40);
    await dropVictim();
    await dropFromSeed();
    expect(insideOf(present.look(), NORTH) - insideOf(absent.look(), NORTH)).toBe(1);
  });
});

/** What a world shows on average: what an adversary that knows everybody reckons for itself. */
async function meanLook({ look }: { readonly look: () => readonly ReleasedRow[] }): Promise<readonly ReleasedRow[]> {
  const looks = Array.from({ length: 100 }, look);
  const [first = []] = looks;
  return first.map((row) => {
    const same = looks.flatMap((rows) => rows.filter((r) => r.f0 === row.f0 && r.seed === row.seed));
    const n = same.reduce((sum, r) => sum + Number(r.n), 0) / same.length;
    return { ...row, n };
  });
}
