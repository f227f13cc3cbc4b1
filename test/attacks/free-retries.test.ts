// A9, free retries: make a run fail after it has touched data, by memory, time or a crash, and ask again for nothing:
// either for another draw of the noise, or because that it failed is itself an answer ("somebody has a value that
// breaks it").
//
// The wall: the charge is made before the run and stays; a failed run says nothing but that; and only so many may fail
// in a day. The failures here are real: the worker processes behind the wall are killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../proto/index.ts';
import { mailingsCsv, outcomesCsv } from '../support/service-people.ts';
import { ask, chargesOf, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const FAILURES_A_DAY_COUNT = 20;
const QUARTER_MS = 250;
/** So many that a run is not over before its asker has been answered and its worker killed. */
const MORE_PERSONS_COUNT = 60_000;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  const more = Array.from({ length: MORE_PERSONS_COUNT }, (_, i) => `more${i}@example.com`);
  const outcomes = more.map((email) => `${email},Hangzhou,0,0.00`);
  const mailings = more.map((email) => `${email},control,0`);
  table = await setTable(stage, {
    outcomesCsv: `${outcomesCsv()}${outcomes.join('\n')}\n`,
    mailingsCsv: `${mailingsCsv()}${mailings.join('\n')}\n`,
  });
});

afterAll(() => stage[Symbol.asyncDispose]());

const sqlOf = (tier: number) => `select count(distinct m.email) as persons ${joined} where m.tier = ${tier}`;

/** Submits a question and kills every worker until it has ended. */
async function askAndBreak(sql: string, epsilon: number): Promise<queries.Query> {
  const client = stage.as('brand').queries;
  const question = questionOf(table.collaborationId, sql, { epsilon });
  const { queryId } = await client.submit(question, '');
  let isOver = false;
  const ended = client.readRelease(queryId).then(
    () => {},
    () => {},
  );
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const pid of stage.service.workers()) killIfThere(pid);
    await sleep(2);
  }
  return await client.get(queryId);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

describe('a question whose run is made to fail', () => {
  it('has failed for good, says only that, at a whole quarter of a second, and its charge stays', async () => {
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const query = await askAndBreak(sqlOf(0), 0.2);
    expect(query.state).toBe(queries.QueryState.RUN_FAILED);
    const refusal = await expectRefused(stage.as('brand').queries.readRelease(query.queryId), 'RUN_FAILED');
    expect(refusal).toMatchObject({ code: 'UNKNOWN', metadata: {}, violations: [], retrySeconds: undefined });
    const tookMs = (query.endedAt?.getTime() ?? 0) - (query.submittedAt?.getTime() ?? 0);
    expect(tookMs % QUARTER_MS).toBeLessThan(QUARTER_MS / 2);
    const after = await chargesOf(stage, 'brand', table.collaborationId);
    for (const [account, rho] of Object.entries(after)) {
      expect(rho - (before[account] ?? 0)).toBeCloseTo(query.charged?.rho ?? 0, 12);
    }
    expect((await entriesOf(stage, 'run-failed')).at(-1)?.subject).toEqual({ question: query.queryId });
  });

  it('is charged again when it is asked again', async () => {
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const { query, rows } = await ask(stage, 'brand', table.collaborationId, sqlOf(0), { epsilon: 0.2 });
    expect(rows).toHaveLength(1);
    expect(query).toMatchObject({ stored: false });
    const after = await chargesOf(stage, 'brand', table.collaborationId);
    for (const [account, rho] of Object.entries(after)) expect(rho).toBeGreaterThan(before[account] ?? 0);
  });

  it('fails twenty times a day and not more often; others go on', async () => {
    let failed = 1;
    while (failed < FAILURES_A_DAY_COUNT) {
      const { state } = await askAndBreak(sqlOf(1), 0.1 + failed / 1_000);
      expect(state).toBe(queries.QueryState.RUN_FAILED);
      failed += 1;
    }
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const question = questionOf(table.collaborationId, sqlOf(2), { epsilon: 0.1 });
    await expectRefused(stage.as('brand').queries.submit(question, ''), 'TOO_MANY_FAILURES');
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
    expect((await ask(stage, 'platform', table.collaborationId, sqlOf(2), { epsilon: 0.1 })).rows).toHaveLength(1);
    expect(await verifyLogOf(stage)).toMatchObject({ checkedCheckpoints: 0 });
  }, 120_000);
});
