// Faults behind the wall of a running service. Whatever happens to a worker, its question ends in the one failure, its
// charge stays, others are answered, and the service goes on.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../../proto/index.ts';
import { armsSql, ask, chargesOf, questionOf } from '../../support/service-questions.ts';
import { expectRefused } from '../../support/service-refusal.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { setTable } from '../../support/service-table.ts';
import { dataSparesOf, kill, stop, untilGone, untilTaken } from '../../support/service-workers.ts';

const { CANCELLED, RUN_FAILED, RUNNING } = queries.QueryState;
const DEADLINE_MS = 20_000;
const SEATS_PER_MEMBER_COUNT = 32;
const LONG = { timeout: 240_000 };

let stage: ServiceStage;
let collaborationId: string;
let epsilon = 0.1;

/** A question that nobody has asked yet, and what it is charged. */
async function submit(actor: 'brand' | 'platform' = 'brand'): Promise<queries.Query> {
  epsilon += 0.001;
  return await stage.as(actor).queries.submit(questionOf(collaborationId, armsSql, { epsilon }), randomUUID());
}

async function openStage(questionDeadlineMs: number): Promise<void> {
  stage = await ServiceStage.open({ limits: { questionDeadlineMs, callsPerSecond: 1_000, burstCallCount: 1_000 } });
  ({ collaborationId } = await setTable(stage));
  // The persons of both tables are made by the first question over them; from the second on it is the question that hangs.
  await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.05 });
}

/** The hung workers of this test; none outlives it. */
let hung: readonly number[] = [];

/** Has the next questions over data get workers that answer nothing. */
async function hangWorkers(): Promise<readonly number[]> {
  hung = await dataSparesOf(stage, collaborationId);
  stop(hung);
  return hung;
}

afterEach(() => kill(hung));

describe('a question whose worker', () => {
  beforeAll(() => openStage(DEADLINE_MS), LONG.timeout);
  afterAll(() => stage[Symbol.asyncDispose]());

  it('hangs ends in the one failure at its deadline; the worker is killed, the charge stays', LONG, async () => {
    const spares = await hangWorkers();
    const before = await chargesOf(stage, 'brand', collaborationId);
    const { queryId, charged } = await submit();
    await submit();
    await untilTaken(stage, spares, 2);
    expect((await stage.as('brand').queries.get(queryId)).state).toBe(RUNNING);
    // Others are not held up, and what they ask for meanwhile is answered.
    const other = await ask(stage, 'platform', collaborationId, armsSql, { epsilon: 0.3 });
    expect(other.rows.length).toBeGreaterThan(0);

    await expectRefused(stage.as('brand').queries.readRelease(queryId), 'RUN_FAILED');
    const { state, submittedAt, endedAt } = await stage.as('brand').queries.get(queryId);
    expect(state).toBe(RUN_FAILED);
    expect((endedAt?.getTime() ?? 0) - (submittedAt?.getTime() ?? 0)).toBeGreaterThanOrEqual(DEADLINE_MS);
    const after = await chargesOf(stage, 'brand', collaborationId);
    const paid = Object.entries(after).filter(([account]) => account.includes('chenxi'));
    expect(paid.length).toBeGreaterThan(0);
    for (const [account, rho] of paid)
      expect(rho - (before[account] ?? 0)).toBeGreaterThanOrEqual((charged?.rho ?? 1) - 1e-12);
    await Promise.all(spares.map(untilGone));
  });

  it('is killed ends in the one failure, and the next one is answered', LONG, async () => {
    const spares = await hangWorkers();
    const { queryId } = await submit();
    await untilTaken(stage, spares, 1);
    kill(spares);
    await expectRefused(stage.as('brand').queries.readRelease(queryId), 'RUN_FAILED');
    expect((await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.4 })).rows.length).toBeGreaterThan(0);
  });

  it('outlives its service does not: orphans die with it', LONG, async () => {
    const spares = await hangWorkers();
    await submit();
    await untilTaken(stage, spares, 1);
    const workers = stage.service.workers();
    expect(workers.length).toBeGreaterThan(0);
    await stage.crash();
    await Promise.all(workers.map(untilGone));
    expect((await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.5 })).rows.length).toBeGreaterThan(0);
  });
});

describe('a member that', () => {
  // Questions that still hang when their test ends fail with their workers, before the next test begins.
  beforeAll(() => openStage(240_000), LONG.timeout);
  afterAll(() => stage[Symbol.asyncDispose]());

  it('cancels a question that runs has its worker killed and its place free', LONG, async () => {
    const spares = await hangWorkers();
    const questions = [await submit(), await submit()];
    await untilTaken(stage, spares, 2);
    for (const { queryId } of questions) {
      expect((await stage.as('brand').queries.cancel(queryId)).state).toBe(CANCELLED);
    }
    await Promise.all(spares.map(untilGone));
    expect((await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.6 })).rows.length).toBeGreaterThan(0);
  });

  it('cancels a question that waits starts no worker for it', LONG, async () => {
    const spares = await hangWorkers();
    await submit();
    await submit();
    await untilTaken(stage, spares, 2);
    const { queryId } = await submit();
    expect((await stage.as('brand').queries.cancel(queryId)).state).toBe(CANCELLED);
    await expectRefused(stage.as('brand').queries.readRelease(queryId), 'CANCELLED');
  });

  it('has filled its line is told when to come back, is charged nothing, and holds up nobody', LONG, async () => {
    await hangWorkers();
    for (let seat = 0; seat < SEATS_PER_MEMBER_COUNT; seat += 4) await Promise.all([1, 2, 3, 4].map(() => submit()));
    const before = await chargesOf(stage, 'brand', collaborationId);
    const refusal = await expectRefused(submit(), 'BUSY');
    expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retrySeconds: 5 });
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(before);
    expect((await ask(stage, 'platform', collaborationId, armsSql, { epsilon: 0.7 })).rows.length).toBeGreaterThan(0);
  });
});
