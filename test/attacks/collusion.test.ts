// A21, collusion across partners: two members, or one member in two collaborations over the same data, each spend what
// they may and put their answers together. Each ledger by itself is kept, and the person is known to both of them.
//
// The wall: the owner's account belongs to the dataset, over all collaborations, members and snapshots. What all of
// them together have learned is bounded by it, and when it is spent the last of them is refused like the first.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advantageBound, expectBelow, expectNotOver, FEW_ROUNDS, play, zcdpAdvantageBound } from '../support/games.ts';
import { mailingsCsv } from '../support/service-people.ts';
import { ask, chargesOf, questionOf } from '../support/service-questions.ts';
import { refusalOf } from '../support/service-refusal.ts';
import { type Actor, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, bindMailings, setTable, type Table, upload } from '../support/service-table.ts';
import { outcomes } from '../support/tables.ts';
import { crowd, firstNumber, worldOf } from '../support/worlds.ts';

const OWNER_EPSILON = 1;
const OWNER_DELTA = 1e-6;
const QUESTION_EPSILON = 0.5;
const rules = { budget: { epsilon: OWNER_EPSILON, delta: OWNER_DELTA } };

let stage: ServiceStage;
let table: Table;
let otherCollaborationId: string;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  table = await setTable(stage, { mailingsRules: rules });
  otherCollaborationId = await agree(stage);
  await bindMailings(stage, otherCollaborationId, table.mailingsId, rules);
});

afterAll(() => stage[Symbol.asyncDispose]());

/** The same person's count in ever new words, so that nothing is answered from store. */
const sqlOf = (index: number): string =>
  `select count(distinct m.email) as persons from chenxi.mailings m where m.tier <> ${100 + index}`;

const ownerAccount = (): string => `owner/${table.mailingsId}`;

/** What four colluders get: two members in two collaborations, one after the other until all are refused. */
async function askUntilRefused(): Promise<number> {
  const colluders = (['brand', 'platform'] as const).flatMap((actor: Actor) =>
    [table.collaborationId, otherCollaborationId].map((collaborationId) => ({ actor, collaborationId })),
  );
  let answers = 0;
  let refusals = 0;
  for (let index = 0; refusals < colluders.length && index < 200; index += 1) {
    const { actor, collaborationId } = colluders[index % colluders.length] ?? { actor: 'brand', collaborationId: '' };
    const question = questionOf(collaborationId, sqlOf(index), { epsilon: QUESTION_EPSILON, omitIntervals: true });
    const { admissible } = await stage.as(actor).queries.explain(question);
    if (!admissible) {
      const refusal = await refusalOf(stage.as(actor).queries.submit(question, randomUUID()));
      expect(refusal).toMatchObject({ reason: 'BUDGET_SPENT', metadata: { account: ownerAccount() } });
      refusals += 1;
      continue;
    }
    refusals = 0;
    await ask(stage, actor, collaborationId, sqlOf(index), { epsilon: QUESTION_EPSILON, omitIntervals: true });
    answers += 1;
  }
  return answers;
}

describe('colluders over one dataset', () => {
  it('spend one account together, and all are refused when it is spent', { timeout: 90_000 }, async () => {
    const answers = await askUntilRefused();
    const charges = await Promise.all(
      [table.collaborationId, otherCollaborationId].map((id) => chargesOf(stage, 'brand', id)),
    );
    const spent = charges.map((c) => c[ownerAccount()] ?? Number.NaN);
    // Both collaborations show the same account, and it holds what all of them were charged.
    expect(spent[0]).toBe(spent[1]);
    const perCollaboration = charges.map(
      (c, i) => c[`collaboration/${[table.collaborationId, otherCollaborationId][i]}`],
    );
    expect((perCollaboration[0] ?? 0) + (perCollaboration[1] ?? 0)).toBeCloseTo(spent[0] ?? 0, 9);
    expect(answers).toBeGreaterThan(2);

    // What so many answers are worth together to the best of adversaries.
    const epsilon = QUESTION_EPSILON;
    const sql = 'select count(distinct email) from market.outcomes';
    const present = await worldOf(sql, [[outcomes, crowd(1_000)]], { epsilon, delta: OWNER_DELTA });
    const absent = await worldOf(sql, [[outcomes, crowd(999)]], { epsilon, delta: OWNER_DELTA });
    const joint = (world: typeof present) => (): number => {
      let sum = 0;
      for (let i = 0; i < answers; i += 1) sum += firstNumber(world.look());
      return sum / answers;
    };
    const played = await play({
      with: joint(present),
      without: joint(absent),
      guess: (mean) => mean > 999.5,
      rounds: FEW_ROUNDS,
    });
    expectBelow(`A21 ${answers} joint answers`, played, advantageBound(OWNER_EPSILON, OWNER_DELTA));
    expectNotOver('A21 joint answers, by their loss', played, zcdpAdvantageBound(spent[0] ?? 0));
  });

  it('get no new account with a new snapshot, new rules or a third collaboration', { timeout: 60_000 }, async () => {
    const before = (await chargesOf(stage, 'brand', table.collaborationId))[ownerAccount()];
    await upload(stage, 'brand', table.mailingsId, mailingsCsv());
    const third = await agree(stage);
    await bindMailings(stage, third, table.mailingsId, rules);
    await stage.as('brand').collaborations.setRules({
      collaborationId: third,
      alias: 'mailings',
      rulesJson: mailingsRules({ ...rules, filters: ['tier', 'arm'] }),
    });
    const question = questionOf(third, sqlOf(1_000), { epsilon: QUESTION_EPSILON, omitIntervals: true });
    for (const actor of ['brand', 'platform'] as const) {
      const refusal = await refusalOf(stage.as(actor).queries.submit(question, randomUUID()));
      expect(refusal).toMatchObject({ reason: 'BUDGET_SPENT', metadata: { account: ownerAccount() } });
    }
    expect((await chargesOf(stage, 'brand', third))[ownerAccount()]).toBe(before);
  });
});
