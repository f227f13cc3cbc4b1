// The attack: a budget that is looked at and charged in two steps can be spent twice between them. So send many
// questions at the same moment, each of which the budget could bear alone.
//
// The wall: reading the account, comparing it with its limit and charging it are one transaction; of twenty questions
// with a budget for three, three are admitted, in whatever order they come.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { refusalOf } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

const RACERS_COUNT = 20;
const AFFORDABLE_COUNT = 3;
const EPSILON = 0.5;

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Epsilon adds up by its square root: a budget between that of three such questions and that of four. */
async function epsilonForThree(): Promise<number> {
  const { collaborationId } = await setTable(stage);
  const spent: number[] = [];
  for (let asked = 0; asked <= AFFORDABLE_COUNT; asked += 1) {
    await stage.as('brand').queries.submit(questionOf(collaborationId, sqlOf(asked), { epsilon: EPSILON }), '');
    const accounts = await stage.as('brand').collaborations.budget(collaborationId);
    spent.push(accounts[0]?.charged?.epsilon ?? 0);
  }
  return ((spent[AFFORDABLE_COUNT - 1] ?? 0) + (spent[AFFORDABLE_COUNT] ?? 0)) / 2;
}

const sqlOf = (tier: number) => `select count(distinct m.email) as persons ${joined} where m.tier <> ${tier}`;

describe('twenty questions at the same moment', () => {
  it('are admitted as far as the budget goes, three, and the rest refused and not charged', async () => {
    const { collaborationId } = await setTable(stage, { epsilon: await epsilonForThree() });
    const racers = Array.from({ length: RACERS_COUNT }, (_, tier) =>
      stage
        .as(tier % 2 === 0 ? 'brand' : 'platform')
        .queries.submit(questionOf(collaborationId, sqlOf(tier), { epsilon: EPSILON }), ''),
    );
    const ended = await Promise.allSettled(racers);
    const admitted = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    expect(admitted).toHaveLength(AFFORDABLE_COUNT);
    const refused = ended.flatMap((end) => (end.status === 'rejected' ? [Promise.reject(end.reason)] : []));
    for (const call of refused) {
      expect(await refusalOf(call)).toMatchObject({
        reason: 'BUDGET_SPENT',
        metadata: { account: `collaboration/${collaborationId}`, level: 'collaboration' },
      });
    }
    const charged = (await chargesOf(stage, 'brand', collaborationId))[`collaboration/${collaborationId}`];
    expect(charged).toBeCloseTo(AFFORDABLE_COUNT * (admitted[0]?.charged?.rho ?? 0), 12);
    const reserved = (await entriesOf(stage, 'budget-reserved')).filter((e) => e.collaboration === collaborationId);
    expect(reserved).toHaveLength(AFFORDABLE_COUNT);
  });
});
