// A24, the requester together with the destination: each blurred publication draws its coins anew for another wording, another
// destination of the same platform, another epsilon, or other rows. So publish the same persons in many ways and average;
// or take a person out of one's own table, see its coin, put it back, and read the answer.
//
// The wall: what all of them tell of one dataset at one platform adds up, and ends at its owner's total.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { registerDestination } from '../support/service-destinations.ts';
import { mailings, mailingsCsv } from '../support/service-people.ts';
import { entriesOf, joined } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { replayAs } from '../support/service-replay.ts';
import { cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const FRONT = 'shop-front';
const FEED = 'feed';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  const destinations = [FRONT, FEED].map((name) => `${cast.platform.member}/${name}`);
  const audience = { minSize: 200, destinations };
  table = await setTable(stage, {
    outcomesRules: { audience: { ...audience, columns: ['visit', 'city'] } },
    mailingsRules: { audience: { ...audience, columns: ['arm', 'tier'], blurred: { epsilon: 1, total: 2.5 } } },
  });
  const { collaborationId } = table;
  // Nobody listens there: what is accepted is what counts.
  for (const destinationId of [FRONT, FEED])
    await registerDestination(stage, { collaborationId, destinationId, terms: {} });
});

afterAll(() => stage[Symbol.asyncDispose]());

/** The women’s mailing in other words, which always hold. */
const define = async (word = ''): Promise<string> => {
  const { audienceId } = await stage.as('brand').audiences.define({
    definition: undefined,
    collaborationId: table.collaborationId,
    displayName: 'mailed',
    sql: `select m.email ${joined} where m.arm = 'womens' ${word}`,
    onBehalfOf: '',
    requestId: randomUUID(),
  });
  return audienceId;
};

const activate = (audienceId: string, destinationId = FRONT, epsilon = 1) => {
  const deniability = { dropProbability: 0, addProbability: 0, epsilon };
  const plan = { ...audiences.DeliveryPlan.fromPartial({}), deniability };
  return stage.as('brand').audiences.activate({ plan, audienceId, destinationId, requestId: randomUUID() });
};

const refusedBy = async (call: Promise<unknown>) => (await expectRefused(call, 'AUDIENCE_REFUSED')).violations;

describe('blurred publications of the same persons', () => {
  it('add up over wordings, destinations, epsilons and rows, and cost nothing where the coins are the same', async () => {
    const first = await define();
    await activate(first);
    // The same definition, the same coins, as often as one likes.
    await activate(first);
    await activate(await define());
    await activate(first, FEED);
    const [left, ...others] = await refusedBy(activate(await define('and m.tier >= -1')));
    expect([left?.rule, left?.owner, others]).toEqual(['blur-is-left', cast.brand.member, []]);
    expect(left?.help).toContain('an epsilon of 0.5 or less');
    expect((await refusedBy(activate(first, FRONT, 0.9)))[0]?.rule).toBe('blur-is-left');
    await activate(first, FRONT, 0.5);
    expect((await refusedBy(activate(first, FRONT, 0.4)))[0]?.rule).toBe('blur-is-left');
    // What was accepted before stays so.
    await activate(first, FEED);
  });

  it('are decided as they are replayed', async () => {
    const refused = (await entriesOf(stage, 'audience-refused')).at(-1);
    const activated = (await entriesOf(stage, 'audience-activated')).at(-1);
    for (const [entry, decided] of [
      [refused, 'refused'],
      [activated, 'admitted'],
    ] as const) {
      const replayed = await replayAs(stage, String(entry?.leafIndex));
      expect(replayed).toMatchObject({ decided, differences: [] });
    }
  });

  it('count a refresh from other rows: a person who was taken out and put back shows one coin and then the other', async () => {
    const first = await define();
    await activate(first);
    await upload(stage, 'brand', table.mailingsId, mailingsCsv(mailings.slice(1)));
    const [again] = await refusedBy(stage.as('brand').audiences.refresh(first, FRONT));
    expect(again?.rule).toBe('blur-is-left');
    expect(await entriesOf(stage, 'audience-refreshed')).toEqual([]);
    const entry = (await entriesOf(stage, 'audience-refused')).at(-1);
    expect(await replayAs(stage, String(entry?.leafIndex))).toMatchObject({ decided: 'refused', differences: [] });
  });
});
