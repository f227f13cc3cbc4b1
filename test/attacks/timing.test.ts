// A18, timing: a person with a hundred thousand rows makes every question over the table slower. Who may see the clock
// sees whether that person is in the data (Haeberlen, Pierce, Narayan, "Differential privacy under fire", 2011).
//
// The wall: what a person may bring is cut early, and an end shows only at whole steps of a quarter of a second. That
// narrows the channel and does not close it: here it is measured, through the whole service.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNotOver, isLongCampaign, outcomeOf } from '../support/games.ts';
import { systemBits } from '../support/run-plan.ts';
import { emailOf, outcomes, outcomesCsv } from '../support/service-people.ts';
import { ask } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

const STEP_MS = 250;
/** At this confidence fewer than fifty rounds prove no advantage: the short form shows that the ends are at whole steps. */
const ROUND_COUNT = isLongCampaign ? 400 : 4;
/** Rounds by which the adversary learns how long each world takes, before it guesses. */
const LEARNING_COUNT = isLongCampaign ? 60 : 2;
const HEAVY_ROW_COUNT = 60_000;
/** Stated, not derived: no theorem bounds the clock. On a quiet machine both worlds end in the same step. */
const LARGEST_ADVANTAGE = 0.5;

let stage: ServiceStage;
let heavy: string;
let light: string;
let asked = 0;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  const rules = { rowsPerPerson: 1, budget: { epsilon: 20, delta: 1e-6 } };
  const victim = { email: emailOf(700), city: 'suzhou', visit: 1 as const, spendCents: 5_000 };
  const many = Array.from({ length: HEAVY_ROW_COUNT }, () => victim);
  const others = outcomes.filter(({ email }) => email !== victim.email);
  const fields = { outcomesRules: rules };
  heavy = (await setTable(stage, { ...fields, outcomesCsv: outcomesCsv([...others, ...many]) })).collaborationId;
  light = (await setTable(stage, { ...fields, outcomesCsv: outcomesCsv(others) })).collaborationId;
}, 120_000);

afterAll(() => stage[Symbol.asyncDispose]());

/** Steps that one fresh question takes, as its asker sees them. */
async function stepsOf(collaborationId: string): Promise<number> {
  asked += 1;
  const sql = `select count(distinct o.email) as n, sum(o.spend) as s from jiufang.outcomes o where o.visit < ${asked + 1}`;
  const { query } = await ask(stage, 'brand', collaborationId, sql, { epsilon: 0.02, omitIntervals: true });
  const tookMs = (query.endedAt ?? new Date()).getTime() - (query.submittedAt?.getTime() ?? 0);
  return query.endedAt === undefined ? await endedSteps(query.queryId) : tookMs / STEP_MS;
}

async function endedSteps(queryId: string): Promise<number> {
  const { endedAt, submittedAt } = await stage.as('brand').queries.get(queryId);
  return ((endedAt?.getTime() ?? 0) - (submittedAt?.getTime() ?? 0)) / STEP_MS;
}

const median = (series: readonly number[]): number => series.toSorted((a, b) => a - b)[series.length >> 1] ?? 0;

describe('an adversary with a clock', () => {
  it('sees whole steps alone, and hardly tells by them whether a heavy person is there', {
    timeout: 600_000,
  }, async () => {
    const learned = { heavy: [] as number[], light: [] as number[] };
    for (let i = 0; i < LEARNING_COUNT; i += 1) {
      learned.heavy.push(Math.ceil(await stepsOf(heavy)));
      learned.light.push(Math.ceil(await stepsOf(light)));
    }
    const threshold = (median(learned.heavy) + median(learned.light)) / 2;
    let right = 0;
    for (let round = 0; round < ROUND_COUNT; round += 1) {
      const isHeavy = systemBits.draw(1) === 1n;
      const steps = Math.floor(await stepsOf(isHeavy ? heavy : light));
      // At a tie, which is what steps are for, there is nothing better than a coin.
      const guess = steps === threshold ? systemBits.draw(1) === 1n : steps > threshold;
      if (guess === isHeavy) right += 1;
    }
    expectNotOver('A18 whole steps', outcomeOf(right, ROUND_COUNT), LARGEST_ADVANTAGE);
  });

  it('gets each end within a few milliseconds after a whole step', { timeout: 60_000 }, async () => {
    for (const collaborationId of [heavy, light, heavy, light]) {
      const steps = await stepsOf(collaborationId);
      expect(steps - Math.floor(steps)).toBeLessThan(0.5);
    }
  });
});
