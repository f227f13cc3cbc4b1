// A2, averaging repeats: the noise of one answer hides a person, the mean of a thousand answers does not. So ask the
// same again and again, in other words, at other prices, as somebody else, and average.
//
// The wall: the same question of a member over the same snapshots has one release, however it is written; another
// price, and another member, get another release and pay for it, until a budget is spent.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effortOf } from '../support/effort.ts';
import { ask, chargesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const REPEATS_COUNT = effortOf(10, 50, 50);

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  table = await setTable(stage, { epsilon: 2, consumerEpsilon: 2 });
});

afterAll(() => stage[Symbol.asyncDispose]());

describe('averaging repeated answers', () => {
  it('gets one answer however often it asks and however it is written, and pays once', async () => {
    const rewritten = [
      `select count(distinct m.email) as persons ${joined} where o.visit = 1`,
      `SELECT COUNT(DISTINCT m.email) AS persons ${joined} WHERE o.visit = 1`,
      `select count(distinct a.email) as persons from chenxi.mailings a join jiufang.outcomes b on b.email = a.email where b.visit = 1`,
      `with t as (select count(distinct m.email) as persons ${joined} where o.visit = 1) select persons from t`,
    ];
    const seen = new Map<string, number>();
    const sqls = Array.from({ length: REPEATS_COUNT }, (_, index) => rewritten[index % rewritten.length] ?? '');
    const fields = { epsilon: 0.5, omitIntervals: true };
    const first = await ask(stage, 'brand', table.collaborationId, rewritten[0] ?? '', fields);
    const paid = await chargesOf(stage, 'brand', table.collaborationId);
    for (let from = 0; from < sqls.length; from += 10) {
      const some = sqls.slice(from, from + 10);
      const answers = await Promise.all(some.map((sql) => ask(stage, 'brand', table.collaborationId, sql, fields)));
      for (const { rows } of answers) seen.set(String(rows[0]?.persons), (seen.get(String(rows[0]?.persons)) ?? 0) + 1);
    }
    expect([...seen.keys()]).toEqual([String(first.rows[0]?.persons)]);
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(paid);
  }, 120_000);

  it('pays for the answer that another member has, which is another one', async () => {
    const sql = `select count(distinct m.email) as persons ${joined} where o.visit = 1`;
    const account = `collaboration/${table.collaborationId}`;
    const before = (await chargesOf(stage, 'platform', table.collaborationId))[account] ?? 0;
    const { query } = await ask(stage, 'platform', table.collaborationId, sql, { epsilon: 0.5, omitIntervals: true });
    expect(query).toMatchObject({ stored: false });
    const after = (await chargesOf(stage, 'platform', table.collaborationId))[account] ?? 0;
    expect(after - before).toBeCloseTo(query.charged?.rho ?? 0, 12);
  });

  it('pays for each other price, until the budget refuses', async () => {
    const sql = `select count(distinct m.email) as persons ${joined} where o.visit = 0`;
    let paid = 0;
    for (let index = 0; index < 40; index += 1) {
      const question = questionOf(table.collaborationId, sql, { epsilon: 1 + index / 1_000 });
      const { admissible } = await stage.as('brand').queries.explain(question);
      if (!admissible) {
        await expectRefused(stage.as('brand').queries.submit(question, ''), 'BUDGET_SPENT');
        break;
      }
      expect((await stage.as('brand').queries.submit(question, '')).charged?.rho).toBeGreaterThan(0);
      paid += 1;
    }
    expect(paid).toBeGreaterThan(0);
    expect(paid).toBeLessThan(10);
  });
});
