import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused, refusalOf } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone } from '../support/service-standing.ts';
import { setTable, type Table } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Explains and submits: both name the same violations, and nothing has come of it. */
async function violationsOf(sql: string) {
  const question = questionOf(table.collaborationId, sql);
  return await expectNothingDone(stage, table, async () => {
    const { violations, admissible } = await stage.as('brand').queries.explain(question);
    expect(admissible).toBe(false);
    const refusal = await expectRefused(stage.as('brand').queries.submit(question, ''), 'QUESTION_REFUSED');
    expect(refusal.code).toBe('INVALID_ARGUMENT');
    expect(refusal.violations).toEqual(violations);
    return violations;
  });
}

describe('a bad question', () => {
  const bad: readonly [string, string, string][] = [
    ['is not SQL', 'select count(*) frm nowhere whre', 'statement-is-one-select'],
    ['is not a SELECT', 'drop table chenxi.mailings', 'statement-is-one-select'],
    ['is two statements', 'select 1; select 2', 'statement-is-one-select'],
    ['is empty', '', 'statement-is-one-select'],
    ['names an unknown table', 'select count(*) as n from chenxi.members', 'table-is-bound'],
    ['names an unknown column', 'select count(*) as n from chenxi.mailings m where m.shoe_size = 3', 'column-is-known'],
    ['reads a file', "select count(*) as n from read_csv('/etc/passwd')", 'syntax-is-known'],
    ['asks for rows', `select m.email, m.arm ${joined}`, 'output-is-aggregated'],
    [
      'joins on something else',
      'select count(*) as n from chenxi.mailings m join jiufang.outcomes o on m.tier = o.visit',
      'join-uses-match-key',
    ],
    [
      'groups by what is not permitted',
      `select m.tier, count(*) as n ${joined} group by m.tier`,
      'group-key-is-permitted',
    ],
    ['filters by what is not permitted', `select count(*) as n ${joined} where o.spend > 10`, 'filter-is-permitted'],
  ];

  it('is answered with a query that passes as a whole, and what that changes', async () => {
    const [first, ...others] = await violationsOf(
      `select m.arm, count(*) as n ${joined} where o.spend > 10 and m.amr = 'gift'`,
    );
    const passing = `select m.arm, count(*) as n ${joined} where m.arm = 'gift' group by m.arm`;
    expect(first?.passingSql).toBe(passing);
    expect(first?.passingChanges).toEqual([
      'grouped by `m.arm`',
      'without the condition `o.spend > 10`',
      '`m.amr` is `m.arm`',
    ]);
    expect(first?.facts).toMatchObject({ column: 'm.arm' });
    expect(others.map((v) => v.passingSql).join('')).toBe('');
    const { admissible } = await stage.as('brand').queries.explain(questionOf(table.collaborationId, passing));
    expect(admissible).toBe(true);
  });

  it.each(bad)('is refused when it %s, with rule, place and help, at no cost', async (_, sql, rule) => {
    const violations = await violationsOf(sql);
    const found = violations.find((violation) => violation.rule === rule);
    expect(found, JSON.stringify(violations)).toBeDefined();
    expect(found?.message).toMatch(/^[a-z`].*[^.]$/su);
    expect(found?.help).not.toBe('');
    expect(found?.span?.line).toBeGreaterThan(0);
  });

  it('is refused when it is longer than any question', async () => {
    const [violation] = await violationsOf(
      `select count(*) as n ${joined} where ${'o.visit = 1 or '.repeat(20_000)} o.visit = 0`,
    );
    expect(violation?.message.length).toBeLessThan(500);
  });

  it('is refused when its epsilon is no price', async () => {
    for (const epsilon of [-1, 0.0001, Number.NaN, Number.POSITIVE_INFINITY]) {
      const question = questionOf(table.collaborationId, 'select count(*) as n from chenxi.mailings', { epsilon });
      const { reason } = await expectNothingDone(stage, table, () =>
        refusalOf(stage.as('brand').queries.submit(question, '')),
      );
      expect(['INVALID_REQUEST', 'QUESTION_REFUSED']).toContain(reason);
    }
  });

  it('is in the log by its rules and places, and by none of its words', async () => {
    const word = 'shibboleth';
    await violationsOf(`select count(*) as n ${joined} where m.${word} = '${word}'`);
    const refused = (await entriesOf(stage, 'question-refused')).at(-1);
    expect(refused?.subject.violations).toMatchObject([{ rule: 'column-is-known', line: 1 }]);
    expect(JSON.stringify(await entriesOf(stage))).not.toContain(word);
  });
});
