// A18, timing: a person with a hundred thousand rows makes every question over the table slower. Who may see the clock
// sees whether that person is in the data (Haeberlen, Pierce, Narayan, "Differential privacy under fire", 2011).
//
// The wall: what a person may bring is cut early, and an end shows only at whole steps of a quarter of a second. That
// narrows the channel and does not close it: here it is measured, through the whole service. Over layouts no person decides
// which way a question is counted: who has more rows than declared stands in a table that is read whether anybody is in it
// or not, and whom a match has is read with all others of its shard.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { effortOf } from '../support/effort.ts';
import { expectNotOver, isLongCampaign, outcomeOf } from '../support/games.ts';
import { systemBits } from '../support/run-plan.ts';
import { emailOf, mailings, mailingsCsv, outcomes, outcomesCsv } from '../support/service-people.ts';
import { ask, joined } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

const STEP_MS = 250;
/** At this confidence fewer than fifty rounds prove no advantage: the short form shows that the ends are at whole steps. */
const ROUND_COUNT = effortOf(1, 60, 400);
/** Rounds by which the adversary learns how long each world takes, before it guesses. */
const LEARNING_COUNT = effortOf(1, 10, 60);
const HEAVY_ROW_COUNT = 60_000;
/** Stated, not derived: no theorem bounds the clock. On a quiet machine both worlds end in the same step. */
const LARGEST_ADVANTAGE = 0.5;
/** Four hundred rounds on a machine that others use too. */
const GAME_MS = 3_600_000;

/** A question as one who is not asked for the first time, so that no stored release answers; the price makes it another. */
const QUESTIONS = {
  'a condition on rows':
    'select count(distinct o.email) as n, sum(o.spend) as s from jiufang.outcomes o where o.visit < 2',
  'groups that are planned for': 'select o.city, sum(o.spend) as s from jiufang.outcomes o group by o.city',
  'a match': `select m.arm, count(*) as n, sum(o.spend) as s ${joined} group by m.arm`,
};

/** How questions are counted. The way over tables as they were handed in is left to the campaign: it is the same clock. */
const WAYS = [
  { way: 'over layouts', layout: { minRows: 0 } },
  ...(isLongCampaign ? [{ way: 'over tables as they were handed in', layout: { enabled: false } }] : []),
];

const median = (series: readonly number[]): number => series.toSorted((a, b) => a - b)[series.length >> 1] ?? 0;

describe.each(WAYS)('an adversary with a clock, $way', ({ layout }) => {
  let stage: ServiceStage;
  /** Of one person: far too many rows, those of everybody, and those of everybody without being matched. */
  let worlds: Readonly<Record<'heavy' | 'light' | 'unmatched', string>>;
  let asked = 0;

  beforeAll(async () => {
    stage = await ServiceStage.open({ layout, limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
    const rules = { rowsPerPerson: 1, budget: { epsilon: 20, delta: 1e-6 } };
    const victim = { email: emailOf(700), city: 'suzhou', visit: 1 as const, spendCents: 5_000 };
    const many = Array.from({ length: HEAVY_ROW_COUNT }, () => victim);
    const others = outcomes.filter(({ email }) => email !== victim.email);
    const set = async (rows: typeof outcomes, sent = mailings) => {
      const csv = { outcomesCsv: outcomesCsv(rows), mailingsCsv: mailingsCsv(sent) };
      return (await setTable(stage, { ...csv, outcomesRules: rules, mailingsRules: rules })).collaborationId;
    };
    worlds = {
      heavy: await set([...others, ...many]),
      light: await set([...others, victim]),
      unmatched: await set(
        [...others, victim],
        mailings.filter(({ email }) => email !== victim.email),
      ),
    };
    if (layout.minRows === 0) await allLaidOut();
  }, 240_000);

  afterAll(() => stage[Symbol.asyncDispose]());

  async function allLaidOut(): Promise<void> {
    const operator = await stage.clientWith('platform', { claims: { role: 'operator' } });
    const isWhole = async () => {
      const layouts = await operator.datasets.layouts();
      const ofMatches = layouts.filter((l) => l.matchedTable !== '' && l.form === 'core' && l.dimensions.length === 0);
      expect(ofMatches).toHaveLength(Object.keys(worlds).length);
      expect(layouts.every((l) => l.state === 'ready')).toBe(true);
    };
    await vi.waitFor(isWhole, { timeout: 200_000, interval: 200 });
  }

  /** Steps that one fresh question takes, as its asker sees them. */
  async function stepsOf(collaborationId: string, sql: string): Promise<number> {
    asked += 1;
    const { query } = await ask(stage, 'brand', collaborationId, sql, {
      epsilon: 0.02 + asked / 1e6,
      omitIntervals: true,
    });
    const { endedAt, submittedAt } =
      query.endedAt === undefined ? await stage.as('brand').queries.get(query.queryId) : query;
    return ((endedAt?.getTime() ?? 0) - (submittedAt?.getTime() ?? 0)) / STEP_MS;
  }

  it.each([
    { of: 'a heavy person', question: 'a condition on rows', present: 'heavy', absent: 'light' },
    { of: 'a heavy person', question: 'groups that are planned for', present: 'heavy', absent: 'light' },
    { of: 'whom both members have', question: 'a match', present: 'light', absent: 'unmatched' },
  ] as const)('sees whole steps alone, and hardly tells by $question of $of', { timeout: GAME_MS }, async (game) => {
    const present = () => stepsOf(worlds[game.present], QUESTIONS[game.question]);
    const absent = () => stepsOf(worlds[game.absent], QUESTIONS[game.question]);
    const learned = { present: [] as number[], absent: [] as number[] };
    for (let i = 0; i < LEARNING_COUNT; i += 1) {
      learned.present.push(Math.floor(await present()));
      learned.absent.push(Math.floor(await absent()));
    }
    const [there, not] = [median(learned.present), median(learned.absent)];
    const threshold = (there + not) / 2;
    let right = 0;
    for (let round = 0; round < ROUND_COUNT; round += 1) {
      const isPresent = systemBits.draw(1) === 1n;
      const steps = Math.floor(await (isPresent ? present() : absent()));
      // At a tie, which is what steps are for, there is nothing better than a coin.
      const guess = steps === threshold ? systemBits.draw(1) === 1n : steps > threshold === there >= not;
      if (guess === isPresent) right += 1;
    }
    expectNotOver(`A18 ${game.question}, ${game.of}`, outcomeOf(right, ROUND_COUNT), LARGEST_ADVANTAGE);
  });

  it('gets each end within a few milliseconds after a whole step', { timeout: 240_000 }, async () => {
    for (const world of [worlds.heavy, worlds.light, worlds.heavy, worlds.light]) {
      const steps = await stepsOf(world, QUESTIONS['a condition on rows']);
      expect(steps - Math.floor(steps)).toBeLessThan(0.5);
    }
  });
});
