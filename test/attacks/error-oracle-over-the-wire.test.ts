// A7 and A8 over the wire: the error oracle of error-oracle.test.ts, by a client, through the whole service. An error
// that depends on a value is an answer that nobody paid for: divide by what is zero for one person only, cast what only
// one row cannot be, overflow where only one person is rich, and see whether the call fails, and in which words.
//
// The wall: each probe has the same fate whether that person is in the data or not, and no word of the engine comes
// out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomes, outcomesCsv } from '../support/service-people.ts';
import { ask, joined, questionOf } from '../support/service-questions.ts';
import { refusalOf } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, { outcomesRules: { filters: ['visit', 'spend', 'city'] } });
});

afterAll(() => stage[Symbol.asyncDispose]());

// Each would fail in an engine for the person who is in the second snapshot and not in the first.
const probes = [
  `select count(*) as n ${joined} where 1 / (o.spend - 199) > 0`,
  `select count(*) as n ${joined} where cast(o.city as integer) = 1`,
  `select count(*) as n ${joined} where cast(o.city as date) > date '2026-01-01'`,
  `select count(*) as n ${joined} where 9000000000000000000 + cast(o.spend as integer) * 1000000000000000000 > 0`,
  `select count(*) as n ${joined} where sqrt(198 - o.spend) > 0`,
];

/** What becomes of a probe, without the numbers of the answer. */
async function fateOf(sql: string): Promise<string> {
  const question = questionOf(table.collaborationId, sql, { epsilon: 0.1 });
  const { admissible } = await stage.as('brand').queries.explain(question);
  if (!admissible) return JSON.stringify(await refusalOf(stage.as('brand').queries.submit(question, '')));
  const { columns } = await ask(stage, 'brand', table.collaborationId, sql, { epsilon: 0.1 });
  return JSON.stringify(['released', columns]);
}

describe('a probe that would fail for one person', () => {
  it('has the same fate whether that person is there or not', async () => {
    const without = await Promise.all(probes.map(fateOf));
    const rich = { email: 'person600@example.com', city: 'not a number', visit: 1 as const, spendCents: 19_900 };
    const others = outcomes.filter(({ email }) => email !== rich.email);
    await upload(stage, 'platform', table.outcomesId, outcomesCsv([...others, rich]));
    expect(await Promise.all(probes.map(fateOf))).toEqual(without);
    expect(without.filter((fate) => fate.startsWith('["released"')).length).toBeGreaterThan(1);
  });

  it('says nothing in the words of the engine, to the operator neither', () => {
    for (const words of ['conversion error', 'could not convert', 'out of range', 'binder error', 'duckdb']) {
      expect(stage.operatorLog().toLowerCase()).not.toContain(words);
    }
  });
});

describe('a question that names one person', () => {
  it('is refused in the same words whether the person is there or not', async () => {
    const refusals = ['person600@example.com', 'nobody600@example.com'].map((email) => {
      const sql = `select count(*) as n ${joined} where m.email = '${email}'`;
      return refusalOf(stage.as('brand').queries.submit(questionOf(table.collaborationId, sql), ''));
    });
    const [there, missing] = await Promise.all(refusals);
    expect(there).toEqual(missing);
  });
});
