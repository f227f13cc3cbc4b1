// A2 turned around, the stored release as an oracle: a question that was asked before costs nothing, so a member who
// guesses another member's question, literals included, could see from the price of an explain whether it was asked.
// Releases are therefore kept for each member apart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armsSql, ask, questionOf } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

let stage: ServiceStage;
let collaborationId: string;
beforeAll(async () => {
  stage = await ServiceStage.open();
  ({ collaborationId } = await setTable(stage));
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('a question that one member has asked', () => {
  it('is stored for that member, and looks to every other as if nobody had asked it', async () => {
    const question = questionOf(collaborationId, armsSql);
    const before = await stage.as('platform').queries.explain(question);
    await ask(stage, 'brand', collaborationId, armsSql);
    const own = await stage.as('brand').queries.explain(question);
    expect(own).toMatchObject({ stored: true, price: { rho: 0 } });
    const after = await stage.as('platform').queries.explain(question);
    expect(after.stored).toBe(false);
    expect(after.price).toEqual(before.price);
  });
});
