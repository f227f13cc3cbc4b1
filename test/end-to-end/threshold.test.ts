import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../proto/index.ts';
import { HAMLET, matched, outcomes, outcomesCsv } from '../support/service-people.ts';
import { ask, chargesOf, entriesOf, joined, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset, setTable, type Table, upload } from '../support/service-table.ts';

const threshold = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
const permitted = { outcomesRules: { threshold: {} }, mailingsRules: { threshold: {} } };

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, permitted);
});

afterAll(() => stage[Symbol.asyncDispose]());

const askExactly = (sql: string, actor: 'brand' | 'platform' = 'brand') =>
  ask(stage, actor, table.collaborationId, sql, threshold);
const byCity = 'select city, count(distinct email) as persons from jiufang.outcomes group by city order by city';
const rounded = (count: number) => Math.round(count / 5) * 5;
const marksOf = async (of: Table) => {
  const accounts = await stage.as('brand').collaborations.budget(of.collaborationId);
  return Object.fromEntries(accounts.map((a) => [a.account, a.exactReleasesMade]));
};

describe('a question in threshold mode', () => {
  it('is answered exactly but rounded, without the small group and the one that would give it away', async () => {
    const { rows, labels } = await askExactly(byCity);
    const cities = ['hangzhou', 'ningbo', 'suzhou'].map((city) => ({
      city,
      persons: outcomes.filter((o) => o.city === city).length,
    }));
    const smallest = cities.toSorted((a, b) => a.persons - b.persons)[0];
    const shown = cities.filter((c) => c !== smallest).map((c) => ({ ...c, persons: rounded(c.persons) }));
    expect(rows).toEqual(shown);
    const hidden = outcomes.filter((o) => o.city === HAMLET || o.city === smallest?.city).length;
    expect(labels).toMatchObject({ 'galley.mode': 'threshold', 'galley.suppressed_persons': `[${rounded(hidden)}]` });
    expect(labels['galley.notice']).toMatch(/^not differentially private/);
  });

  it('is refused where rows may carry several identifiers: an upload could make two persons one', async () => {
    const { collaborationId } = await setTable(stage, permitted);
    const columns = ['email:email', 'phone:phone(CN)?', 'arm:text', 'tier:integer'];
    const { datasetId } = await createDataset(stage, 'brand', columns);
    const rulesJson = mailingsRules({ threshold: {} });
    await stage.as('brand').collaborations.bind({ collaborationId, datasetId, alias: 'contacts', rulesJson });
    await expectRefused(ask(stage, 'brand', collaborationId, byCity, threshold), 'NOT_ACCEPTED');
  });

  it('spends nothing, and marks every account that it touches', async () => {
    const own = await setTable(stage, permitted);
    const before = await chargesOf(stage, 'brand', own.collaborationId);
    const sql = `select count(distinct m.email) as persons, sum(o.visit) as visits ${joined}`;
    const { query, rows } = await ask(stage, 'brand', own.collaborationId, sql, threshold);
    const visits = matched.filter((m) => m.outcome.visit === 1).length;
    expect(rows).toEqual([{ persons: rounded(matched.length), visits: Number(visits.toPrecision(3)) }]);
    expect(query).toMatchObject({ stored: false, charged: { epsilon: 0, delta: 0, rho: 0 } });
    expect(query.question?.mode).toBe(queries.ReleaseMode.THRESHOLD);
    expect(await chargesOf(stage, 'brand', own.collaborationId)).toMatchObject(before);
    const marks = await marksOf(own);
    expect(marks).toMatchObject({ [`owner/${own.outcomesId}`]: true, [`owner/${own.mailingsId}`]: true });
    expect(marks).toMatchObject({ [`collaboration/${own.collaborationId}`]: true });
    expect(marks[`consumer/${own.collaborationId}/${cast.brand.member}`]).toBe(true);
  });

  it('is logged with its mode and its reservation, and the log verifies', async () => {
    const { query } = await askExactly(`select count(*) as n ${joined}`);
    const { queryId } = query;
    const entries = (await entriesOf(stage)).filter((e) => e.subject.question === queryId);
    const kinds = ['question-submitted', 'budget-reserved', 'question-admitted', 'release-made', 'release-read'];
    expect(entries.map((e) => e.kind)).toEqual(kinds);
    for (const kind of ['question-submitted', 'question-admitted', 'release-made']) {
      expect(entries.find((e) => e.kind === kind)?.subject.mode).toBe('threshold');
    }
    expect(entries.find((e) => e.kind === 'budget-reserved')?.subject).toMatchObject({ rho: 0, exact: true });
    await verifyLogOf(stage);
  });

  it('asked again is answered from what is stored, and makes no new event', async () => {
    const first = await askExactly(byCity);
    const again = await askExactly(byCity);
    expect(again.query.stored).toBe(true);
    expect([again.rows, again.labels]).toEqual([first.rows, first.labels]);
    const reserved = await entriesOf(stage, 'budget-reserved');
    expect(reserved.filter((e) => e.subject.question === again.query.queryId)).toEqual([]);
  });

  it('is compared with what another member was told', async () => {
    const own = await setTable(stage, permitted);
    const one = outcomes[2_000];
    const everybody = 'select count(distinct email) as n from jiufang.outcomes';
    expect((await ask(stage, 'platform', own.collaborationId, everybody, threshold)).rows).toHaveLength(1);
    await upload(stage, 'platform', own.outcomesId, outcomesCsv(outcomes.filter((o) => o !== one)));
    const later = await ask(stage, 'brand', own.collaborationId, everybody, threshold);
    // Withheld: nothing but an empty answer, in the same state as any other.
    expect([later.rows, later.query.state]).toEqual([[], queries.QueryState.RUNNING]);
    const read = await stage.as('brand').queries.get(later.query.queryId);
    expect(read.state).toBe(queries.QueryState.RELEASED);
  });

  it('is explained as what it is', async () => {
    const explanation = await stage.as('brand').queries.explain(questionOf(table.collaborationId, byCity, threshold));
    expect(explanation).toMatchObject({ admissible: true, mode: queries.ReleaseMode.THRESHOLD, expectedErrors: [] });
    expect(explanation.releaseThreshold).toBe(20);
    const asPrivate = await stage.as('brand').queries.explain(questionOf(table.collaborationId, byCity));
    expect(asPrivate.mode).toBe(queries.ReleaseMode.PRIVATE);
    expect(asPrivate.accounts.some((a) => a.exactReleasesMade)).toBe(true);
  });
});

describe('threshold mode is refused', () => {
  const refused = async (of: Table, sql: string) =>
    await expectRefused(
      stage.as('brand').queries.submit(questionOf(of.collaborationId, sql, threshold), randomUUID()),
      'QUESTION_REFUSED',
    );

  it('where one owner of a join has not permitted it, and marks nothing', async () => {
    const own = await setTable(stage, { mailingsRules: { threshold: {} } });
    const refusal = await refused(own, `select count(distinct m.email) ${joined}`);
    expect(refusal.violations).toMatchObject([{ rule: 'threshold-is-permitted', owner: cast.platform.member }]);
    expect(Object.values(await marksOf(own))).not.toContain(true);
    expect(
      (await ask(stage, 'brand', own.collaborationId, 'select count(*) as n from chenxi.mailings')).labels,
    ).toEqual({
      'galley.mode': 'private',
    });
  });

  it('with an epsilon, which it would not spend', async () => {
    const question = questionOf(table.collaborationId, byCity, { ...threshold, epsilon: 0.5 });
    await expectRefused(stage.as('brand').queries.submit(question, randomUUID()), 'INVALID_REQUEST');
  });
});

describe('the mark of exact releases', () => {
  it('stays, whatever is written to the store', async () => {
    await askExactly(byCity);
    using store = new DatabaseSync(`${stage.dataDirectory}/control.sqlite`);
    const account = `owner/${table.outcomesId}`;
    for (const value of ['null', '1']) {
      const unmark = `update ledger_accounts set exact_since_ms = ${value} where account = '${account}'`;
      expect(() => store.exec(unmark)).toThrow('stays true');
    }
    expect(() => store.exec('delete from exact_aggregations')).toThrow('stays known');
    expect(() => store.exec('update exact_aggregations set has_left = null')).toThrow('stays as it was');
    expect(() => store.exec("update exact_aggregations set dataset_ids = '[]'")).toThrow('stays as it was');
  });
});
