// A18 by another way, cancel as a clock: whoever may cancel at a chosen moment and then sees whether the run had
// already ended knows how long it took, and that may depend on a person. A cancel therefore decides by itself: before
// the end has shown, the question is cancelled, whatever the engine has done with it, and for good.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../proto/index.ts';
import { armsSql, questionOf } from '../support/service-questions.ts';
import { refusalOf } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

/** Within which the engine has often ended and the end not shown yet. */
const ENGINE_MS = 150;
const LONG_ENOUGH_MS = 2_500; // for a run that goes on behind the cancel to end, and to show if it could

let stage: ServiceStage;
let collaborationId: string;
beforeAll(async () => {
  stage = await ServiceStage.open();
  ({ collaborationId } = await setTable(stage));
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('a question that is cancelled before its end has shown', () => {
  it('stays cancelled, though the engine may have finished it', async () => {
    const client = stage.as('brand').queries;
    const { queryId } = await client.submit(questionOf(collaborationId, armsSql), 'to-be-cancelled');
    expect((await client.cancel(queryId)).state).toBe(queries.QueryState.CANCELLED);
    await new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MS));
    expect((await client.get(queryId)).state).toBe(queries.QueryState.CANCELLED);
    expect(await refusalOf(client.readRelease(queryId))).toMatchObject({ reason: 'CANCELLED' });
  });

  it('is not changed by a cancel that comes after its end', async () => {
    const client = stage.as('brand').queries;
    const { queryId } = await client.submit(questionOf(collaborationId, armsSql, { epsilon: 0.5 }), 'to-be-released');
    await client.readRelease(queryId);
    expect((await client.cancel(queryId)).state).toBe(queries.QueryState.RELEASED);
  });

  it('is not told from one that was killed by what the same question costs afterwards', async () => {
    const client = stage.as('brand').queries;
    const question = questionOf(collaborationId, armsSql, { epsilon: 0.7 });
    const { price } = await client.explain(question);
    const { queryId } = await client.submit(question, 'to-be-cancelled-late');
    // Until it ends in sight it has no price of its own, however far the engine has come with it.
    while ((await client.get(queryId)).state === queries.QueryState.RUNNING) {
      const { stored, price: now } = await client.explain(question);
      const { state } = await client.get(queryId);
      if (state === queries.QueryState.RUNNING) expect({ stored, price: now }).toEqual({ stored: false, price });
    }
    expect(await client.explain(question)).toMatchObject({ stored: true, price: { rho: 0 } });
    const second = { ...question, epsilon: 0.8 };
    const { price: secondPrice } = await client.explain(second);
    const cancelled = await client.submit(second, 'to-be-cancelled-and-asked-again');
    await new Promise((resolve) => setTimeout(resolve, ENGINE_MS));
    expect([queries.QueryState.CANCELLED, queries.QueryState.RELEASED]).toContain(
      (await client.cancel(cancelled.queryId)).state,
    );
    const { state } = await client.get(cancelled.queryId);
    const isCancelled = state === queries.QueryState.CANCELLED;
    const after = await client.explain(second);
    expect(after.stored).toBe(!isCancelled);
    if (isCancelled) expect(after.price).toEqual(secondPrice);
  });
});
