import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intervalOf } from '../../cli/render/index.ts';
import { HAMLET, matched, outcomes } from '../support/service-people.ts';
import { armsSql, ask, chargesOf, entriesOf, joined, questionOf, type Row } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

// Six standard deviations: a right answer falls outside once in five hundred million draws.
const FAR_DEVIATIONS = 6;
const DEVIATIONS_OF_95 = 1.96;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const asBrand = (sql: string, fields = {}) => ask(stage, 'brand', table.collaborationId, sql, fields);

/** The released value lies within the noise that its own interval declares, and is not simply exact everywhere. */
function expectNear(row: Row | undefined, column: string, truth: number): void {
  const [low, high] = (row && intervalOf(row, column)) ?? [Number.NaN, Number.NaN];
  const value = Number(row?.[column]);
  const deviation = Math.max(high - value, value - low) / DEVIATIONS_OF_95;
  expect(deviation).toBeGreaterThan(0);
  expect(Math.abs(value - truth)).toBeLessThanOrEqual(FAR_DEVIATIONS * deviation);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('a question over platform joined with brand', () => {
  it('is answered for each group within the noise its intervals declare', async () => {
    const { rows, columns } = await asBrand(armsSql);
    const measures = ['persons', 'visits', 'spend'];
    expect(columns).toEqual(['arm', ...measures.flatMap((name) => [name, `${name}_ci95_low`, `${name}_ci95_high`])]);
    expect(rows.map((row) => row.arm)).toEqual(['control', 'mens', 'womens']);
    for (const row of rows) {
      const people = matched.filter(({ mailing }) => mailing.arm === row.arm).map(({ outcome }) => outcome);
      expectNear(row, 'persons', people.length);
      expectNear(row, 'visits', sum(people.map((p) => p.visit)));
      expectNear(row, 'spend', sum(people.map((p) => p.spendCents)) / 100);
    }
  });

  it('costs exactly what explain said, at every account, and explain costs nothing', async () => {
    const sql = `select count(distinct m.email) as persons ${joined} where o.visit = 1`;
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const explanation = await stage
      .as('brand')
      .queries.explain(questionOf(table.collaborationId, sql, { epsilon: 0.7 }));
    expect(explanation).toMatchObject({ admissible: true, stored: false, violations: [] });
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);

    const { query, rows } = await asBrand(sql, { epsilon: 0.7 });
    expect(query.charged).toEqual(explanation.price);
    expect(query.charged?.epsilon).toBeLessThanOrEqual(0.7);
    expect(query.charged?.rho).toBeGreaterThan(0);
    const after = await chargesOf(stage, 'brand', table.collaborationId);
    expect(Object.keys(after)).toHaveLength(4);
    for (const [account, rho] of Object.entries(after)) {
      expect(rho - (before[account] ?? 0)).toBeCloseTo(query.charged?.rho ?? 0, 12);
    }

    const [low, high] = (rows[0] && intervalOf(rows[0], 'persons')) ?? [0, 0];
    const declared = explanation.expectedErrors.find(({ column }) => column === 'persons')?.halfWidth95 ?? 0;
    expect((high - low) / 2).toBeCloseTo(declared, 0);
    expectNear(rows[0], 'persons', matched.filter(({ outcome }) => outcome.visit === 1).length);
  });

  it('counts rows, averages, and filters by what the rules permit', async () => {
    const { rows } = await asBrand(
      `select count(*) as "rows", avg(o.spend) as mean ${joined} where m.tier >= 1 and o.visit = 1`,
      { epsilon: 3 },
    );
    const people = matched.filter(({ outcome, mailing }) => outcome.visit === 1 && mailing.tier >= 1);
    expectNear(rows[0], 'rows', people.length);
    expectNear(rows[0], 'mean', sum(people.map(({ outcome }) => outcome.spendCents)) / 100 / people.length);
  });

  it('shows groups whose names are protected only when they are large', async () => {
    const { rows } = await asBrand(
      'select o.city, count(distinct o.email) as persons from jiufang.outcomes o group by o.city order by o.city',
    );
    expect(rows.map((row) => row.city)).toEqual(['hangzhou', 'ningbo', 'suzhou']);
    expect(outcomes.filter((o) => o.city === HAMLET)).toHaveLength(12);
    for (const row of rows) expectNear(row, 'persons', outcomes.filter((o) => o.city === row.city).length);
  });

  it('leaves the intervals out on request', async () => {
    const { columns } = await asBrand(`select count(distinct m.email) as persons ${joined} where o.visit = 1`, {
      epsilon: 0.7,
      omitIntervals: true,
    });
    expect(columns).toEqual(['persons']);
  });
});

describe('the same question on the same snapshots', () => {
  it('is answered by the stored release at no charge, however it is written', async () => {
    const first = await asBrand(armsSql, { epsilon: 0.5 });
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const same = [
      armsSql,
      'SELECT x.ARM as arm, COUNT(DISTINCT x.email) AS persons, SUM(y.visit) AS visits, SUM(y.spend) AS spend FROM chenxi.mailings AS x JOIN jiufang.outcomes AS y ON x.email = y.email GROUP BY x.arm ORDER BY 1',
      `${armsSql} limit 3`,
    ];
    for (const sql of same) {
      const explanation = await stage
        .as('brand')
        .queries.explain(questionOf(table.collaborationId, sql, { epsilon: 0.5 }));
      expect(explanation).toMatchObject({ stored: true, price: { epsilon: 0, rho: 0 } });
      const again = await asBrand(sql, { epsilon: 0.5 });
      expect(again.query).toMatchObject({ stored: true, charged: { epsilon: 0, delta: 0, rho: 0 } });
      expect(again.rows).toEqual(first.rows);
    }
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
  });

  it('is asked of the release and not of the data by HAVING, ORDER BY, LIMIT, CTE and subquery', async () => {
    const first = await asBrand(armsSql, { epsilon: 0.5 });
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const persons = first.rows.map((row) => Number(row.persons)).toSorted((a, b) => b - a);
    const grouped = `select m.arm, count(distinct m.email) as persons, sum(o.visit) as visits, sum(o.spend) as spend ${joined} group by m.arm`;
    const plain = { epsilon: 0.5, omitIntervals: true };

    const largest = await asBrand(`${grouped} order by persons desc limit 1`, plain);
    expect(largest.rows).toMatchObject([{ persons: persons[0] }]);

    const having = await asBrand(`${grouped} having count(distinct m.email) > ${persons[1]}`, plain);
    expect(having.rows.map((row) => row.persons)).toEqual(persons.filter((n) => n > (persons[1] ?? 0)));

    const cte = await asBrand(
      `with arms as (${grouped}) select arm, visits * 1.0 / persons as rate from arms order by arm`,
      plain,
    );
    expect(cte.rows.map((row) => row.rate)).toEqual(
      first.rows.map((row) => expect.closeTo(Number(row.visits) / Number(row.persons), 9)),
    );

    const subquery = await asBrand(`select sum(persons) as everybody from (${grouped}) arms`, plain);
    expect(subquery.rows).toEqual([{ everybody: sum(persons) }]);

    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
  });

  it('is charged to another member all the same: an answer for nothing would tell what somebody else has asked', async () => {
    await asBrand(armsSql, { epsilon: 0.5 });
    const question = questionOf(table.collaborationId, armsSql, { epsilon: 0.5 });
    expect(await stage.as('platform').queries.explain(question)).toMatchObject({ stored: false });
    const { query, rows } = await ask(stage, 'platform', table.collaborationId, armsSql, { epsilon: 0.5 });
    expect(query.charged?.rho).toBeGreaterThan(0);
    expect(rows).toHaveLength(3);
  });

  it('is in the log also when no entry has room for its shape', async () => {
    const arms = Array.from({ length: 30 }, () => `m.arm = 'A'`).join(' or ');
    const sums = Array.from({ length: 90 }, (_, i) => `sum(case when ${arms} then o.visit + ${i} else 0 end) as c${i}`);
    const { queryId } = await stage
      .as('brand')
      .queries.submit(questionOf(table.collaborationId, `select ${sums.join()} ${joined}`), '');
    const told = (await entriesOf(stage, 'question-submitted')).find(({ subject }) => subject.question === queryId);
    expect(told?.subject.shape).toMatchObject({ counted: [expect.stringMatching(/^sha256 [0-9a-f]{64}$/)] });
  });
});
