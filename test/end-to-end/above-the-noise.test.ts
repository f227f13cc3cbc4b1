import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chargesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const arms = `with arms as (select m.arm, count(distinct m.email) as persons ${joined} group by m.arm)`;

describe('SQL above the noise', () => {
  it('is answered from the release: windows, shares, subqueries, pivots', async () => {
    const { rows, columns } = await ask(
      stage,
      'brand',
      table.collaborationId,
      `${arms} select arm, persons, rank() over (order by persons desc) as place, persons / sum(persons) over () as share from arms order by place`,
    );
    expect(columns).toEqual(['arm', 'persons', 'persons_ci95_low', 'persons_ci95_high', 'place', 'share']);
    const persons = rows.map((row) => Number(row.persons));
    // Arms are as large as each other: the noise may make two of them equal, which then share a place.
    expect(rows.map((row) => Number(row.place))).toEqual(persons.map((n) => 1 + persons.filter((m) => m > n).length));
    expect(persons).toEqual(persons.toSorted((a, b) => b - a));
    expect(rows.reduce((sum, row) => sum + Number(row.share), 0)).toBeCloseTo(1, 9);
    const large = await ask(
      stage,
      'brand',
      table.collaborationId,
      `${arms} select arm, persons > (select avg(persons) from arms) as is_large from arms`,
    );
    expect(large.columns).toEqual(['arm', 'is_large']);
    const pivot = await ask(
      stage,
      'brand',
      table.collaborationId,
      `${arms} from (select arm, persons from arms) pivot (sum(persons) for arm in ('control', 'mens' as mens))`,
    );
    expect(pivot.rows.map((row) => Number(row.mens))).toEqual(
      rows.filter((r) => r.arm === 'mens').map((r) => Number(r.persons)),
    );
    expect(pivot.query.charged).toMatchObject({ epsilon: 0 });
  });

  it('is refused before anything is charged when the engine does not take it, and without its words', async () => {
    const sql = `${arms} select levenshtein(persons, 2) as l from arms`;
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const question = questionOf(table.collaborationId, sql);
    const { violations } = await expectRefused(stage.as('brand').queries.submit(question, ''), 'QUESTION_REFUSED');
    expect(violations.map((v) => v.rule)).toEqual(['released-query-is-sound']);
    const explanation = await stage.as('brand').queries.explain(question);
    expect(explanation.violations.map((v) => v.rule)).toEqual(['released-query-is-sound']);
    expect(JSON.stringify([violations, explanation.violations])).not.toMatch(/BIGINT|Binder|No function/);
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
  });
});
