// A22, B minus target: whoever may put audiences together defines one that holds a single person, takes it away from
// another, and asks for the sizes of both, of what they have in common and of all together; says the same persons in
// other words, so that each size has noise of its own; and has two portraits drawn that differ in that one person.
//
// The wall: who is in a combination follows from each person's own rows alone, so that one person changes each size by
// one at most; and every size and every portrait is charged. All of them together tell no more than their charges add
// up to, whatever is subtracted from what.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CheckedAudience,
  type CombinationKind,
  canonicalText,
  combineAudiences,
  type PlannedAggregate,
  planAudienceSize,
  portraitOf,
  printPersons,
  printRule,
  readAudienceRule,
} from '../../policies/index.ts';
import { runSql } from '../support/engine.ts';
import { expectNotOver, isLongCampaign, play, zcdpAdvantageBound } from '../support/games.ts';
import { loadTable, type TestRows } from '../support/load-table.ts';
import { assertAllowsAudience } from '../support/policy-assertions.ts';
import { rowsOf } from '../support/run-plan.ts';
import { customers, people, purchases, taggedTables, tags } from '../support/tagged-tables.ts';
import { lookAt, planWorld, type World } from '../support/worlds.ts';

const TARGET = 4_711;
const DELTA = 1e-6;
const CROWD_COUNT = 400;
const SALT = 20_111_111n;
/** Each round is several releases. */
const ROUNDS = isLongCampaign ? 50_000 : 2_000;
const NOISELESS_ROUNDS = 200;
const LOOKS = isLongCampaign ? 400 : 100;

const crowd = Array.from({ length: CROWD_COUNT }, (_, person) => person);
/** The target alone has this number; the adversary knows it. */
const rows = (isThere: boolean): readonly (readonly [typeof people, TestRows])[] => [
  [
    people,
    [
      ...crowd.map((p) => [String(p), p % 3 === 0 ? "'Shanghai'" : "'Hangzhou'", String(p % 5)]),
      ...(isThere ? [[String(TARGET), "'Shanghai'", '99']] : []),
    ],
  ],
  [
    purchases,
    [
      ...crowd.map((p) => [String(p), "'tea'", "date '2026-03-01'", "timestamp '2026-03-01 10:00:00'", '5']),
      ...(isThere ? [[String(TARGET), "'tea'", "date '2026-03-01'", "timestamp '2026-03-01 10:00:00'", '9']] : []),
    ],
  ],
  [customers, crowd.filter((p) => p % 2 === 0).map((p) => [String(p), 'true', '0.5'])],
];

async function load(isThere: boolean): Promise<void> {
  for (const [view, all] of rows(isThere)) await loadTable(view, all);
}

const audienceOf = (sql: string): Promise<CheckedAudience> => assertAllowsAudience(sql, taggedTables);
const combined = async (kind: CombinationKind, ...sqls: readonly string[]): Promise<string> =>
  combineAudiences(kind, await Promise.all(sqls.map(audienceOf)), { asker: 'brand' });

function ruleSql(where: unknown): string {
  const scope = { tables: taggedTables, tags, today: '2026-03-10' };
  const read = readAudienceRule({ version: 1, from: 'market.people', where }, scope);
  return read.ok ? printRule(read.rule) : expect.fail(JSON.stringify(read.faults));
}

const everybody = 'select email from market.people where city is not null';
const alone = 'select email from market.people where "order" = 99';

/** The ways to subtract one person, each with the definitions whose sizes are asked for. */
let minusTarget: readonly string[];
/** The same persons in other words. */
let otherWords: readonly string[];

beforeAll(async () => {
  const minus = await combined('difference', everybody, alone);
  minusTarget = [
    everybody,
    minus,
    await combined('intersection', everybody, alone),
    await combined('union', minus, alone),
  ];
  otherWords = [
    everybody,
    ruleSql({ tag: 'market/city', exists: true }),
    ruleSql({ not: { not: { tag: 'market/city', exists: true } } }),
    ruleSql({ tag: 'market/city', exists: true, times: { atLeast: 1, atMost: 1 } }),
    await combined('union', minus, alone),
  ];
});

/** Several sizes of a world: exact, as nobody sees them, and what is released of them. */
async function sizesOf(sqls: readonly string[], epsilon: number) {
  const plans = await Promise.all(
    sqls.map(async (sql) => planAudienceSize(await audienceOf(sql), { epsilon, delta: DELTA })),
  );
  const counts = async (isThere: boolean) => {
    await load(isThere);
    const exact: World['exact'][] = [];
    for (const plan of plans) exact.push(await rowsOf(plan));
    return exact;
  };
  return { plans, present: await counts(true), absent: await counts(false) };
}

const numbersOf = (all: readonly World['exact'][]) => all.map((exact) => Number(exact[0]?.[0] ?? 0));

/** Plays the best test there is: what was seen, weighed by how the worlds differ. */
async function playSizes(id: string, sqls: readonly string[], epsilon: number) {
  const { plans, present, absent } = await sizesOf(sqls, epsilon);
  const [there, gone] = [numbersOf(present), numbersOf(absent)];
  const differences = there.map((count, i) => count - (gone[i] ?? 0));
  // One person changes no size by more than one: else the charge would be too small.
  for (const difference of differences) expect(Math.abs(difference), id).toBeLessThanOrEqual(1);
  const look = (exact: readonly World['exact'][]) => () =>
    plans.map((plan, i) => Number(lookAt(plan, exact[i] ?? [])[0]?.[0]));
  const half = differences.reduce((sum, d) => sum + d * d, 0) / 2;
  const played = await play({
    with: look(present),
    without: look(absent),
    guess: (seen) => seen.reduce((sum, n, i) => sum + (n - (gone[i] ?? 0)) * (differences[i] ?? 0), 0) > half,
    rounds: epsilon > 100 ? NOISELESS_ROUNDS : ROUNDS,
  });
  const rho = plans.reduce((sum, plan: PlannedAggregate) => sum + plan.charge.rho, 0);
  return { played, rho };
}

describe('B minus target by set algebra', () => {
  it.each(isLongCampaign ? [0.1, 0.5, 1] : [0.5])(
    'tells no more than the sizes are charged for, at epsilon %d each',
    async (epsilon) => {
      const { played, rho } = await playSizes('A22 sizes', minusTarget, epsilon);
      expectNotOver(`A22 B minus target, epsilon ${epsilon} each`, played, zcdpAdvantageBound(rho));
    },
  );

  it('would tell everything if there were no noise: the game can be won', async () => {
    expect((await playSizes('A22 without noise', minusTarget, 1e40)).played.advantage).toBe(1);
  });

  it('leaves everybody else where they are: who is in follows from their own rows', async () => {
    const definitions = [
      ...minusTarget,
      ...otherWords,
      ruleSql({
        or: [
          { tag: 'brand/vip', eq: true },
          { tag: 'market/bought', eq: 'tea', times: { atLeast: 2 } },
        ],
      }),
      ruleSql({ not: { tag: 'market/paid', between: [6, null], when: { lastDays: 30 } } }),
    ];
    for (const sql of definitions) {
      const { sql: printed } = printPersons(await audienceOf(sql));
      const personsIn = async (isThere: boolean) => {
        await load(isThere);
        return (await runSql(printed, [SALT])).map(([person]) => Number(person)).toSorted((a, b) => a - b);
      };
      const present = await personsIn(true);
      expect(await personsIn(false), sql).toEqual(present.filter((person) => person !== TARGET));
    }
  }, 120_000);
});

describe('the same persons in other words', () => {
  it('are one release where the plan is the same, and each charged where it is not', async () => {
    const plans = await Promise.all(
      otherWords.map(async (sql) => planAudienceSize(await audienceOf(sql), { epsilon: 1, delta: DELTA })),
    );
    const printed = await audienceOf(`${ruleSql({ tag: 'market/city', exists: true })} -- by hand`);
    const [, byRule] = plans;
    const byHand = planAudienceSize(printed, { epsilon: 1, delta: DELTA });
    expect(canonicalText(byHand.rows)).toBe(canonicalText(byRule?.rows));
    expect(new Set(plans.map((plan) => canonicalText(plan.rows))).size).toBeGreaterThan(2);
    for (const plan of plans) expect(plan.charge.rho).toBeGreaterThan(0);
  });

  it('tell no more together than their charges add up to', async () => {
    const { played, rho } = await playSizes('A22 words', otherWords, 0.3);
    expectNotOver('A22 one audience in five wordings, epsilon 0.3 each', played, zcdpAdvantageBound(rho));
  });
});

describe('portraits of two audiences that differ in one person', () => {
  it('tell no more than both are charged for', async () => {
    const [, minus = ''] = minusTarget;
    const table = people;
    const questions = [everybody, minus].map((audience) => portraitOf({ audience, baseline: null, table }, 'city'));
    const options = { epsilon: 1, delta: DELTA, tables: taggedTables };
    const plans = await Promise.all(questions.map((sql) => planWorld(sql, options)));
    const counts = async (isThere: boolean) => {
      await load(isThere);
      const all: World['exact'][] = [];
      for (const plan of plans) all.push(await rowsOf(plan));
      return all;
    };
    const [present, absent] = [await counts(true), await counts(false)];
    const differ = plans.map((plan, i) => differences(plan, present[i] ?? [], absent[i] ?? []));
    const look = (exact: readonly World['exact'][]) => () =>
      plans.map((plan, i) => numbers(lookAt(plan, exact[i] ?? [])));
    const score = (seen: readonly (readonly number[])[]): number =>
      seen.reduce(
        (sum, row, i) =>
          sum + row.reduce((s, n, j) => s + (n - (differ[i]?.gone[j] ?? 0)) * (differ[i]?.by[j] ?? 0), 0),
        0,
      );
    const half = differ.reduce((sum, { by }) => sum + by.reduce((s, d) => s + d * d, 0), 0) / 2;
    const played = await play({
      with: look(present),
      without: look(absent),
      guess: (seen) => score(seen) > half,
      rounds: ROUNDS,
    });
    const rho = plans.reduce((sum, plan) => sum + plan.charge.rho, 0);
    expectNotOver('A22 two portraits, epsilon 1 each', played, zcdpAdvantageBound(rho));
  });
});

/** Every number of a release, group by group in order of their names. */
function numbers(released: World['exact']): readonly number[] {
  const inOrder = released.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return inOrder.flatMap((row) => row.slice(1).map(Number));
}

/** What the released numbers would be without noise in the world without the target, and how the other world differs. */
function differences(plan: PlannedAggregate, present: World['exact'], absent: World['exact']) {
  const mean = (exact: World['exact']) => {
    const looks = Array.from({ length: LOOKS }, () => numbers(lookAt(plan, exact)));
    return (looks[0] ?? []).map((_, i) => looks.reduce((sum, one) => sum + (one[i] ?? 0), 0) / looks.length);
  };
  const [there, gone] = [mean(present), mean(absent)];
  return { gone, by: there.map((n, i) => Math.round(n - (gone[i] ?? 0))) };
}
