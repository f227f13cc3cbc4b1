// What the random tests of bounds and of meaning found, each as the smallest question and data that showed it.
import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { rowsOf } from '../../test/support/run-plan.ts';
import { goodRules, rulesDocument } from '../../test/support/tables.ts';
import type { TableColumn, TableView } from '../collaboration/table-view.ts';
import { planQuestion } from '../plan/protected-plan.ts';

const columnsOf = (person: boolean): readonly TableColumn[] => [
  ...(person ? [{ name: 'email', type: { kind: 'person' } } as const] : []),
  { name: 'k', type: { kind: 'integer' } },
  { name: 'r', type: { kind: 'text' } },
];

function people(alias: string, rowsPerPerson: number): TableView {
  const columns = columnsOf(true);
  const rules = rulesDocument({
    rowsPerPerson,
    maxGroupsPerPerson: 4,
    groupKeys: { k: {}, r: {} },
    measures: { k: { min: 0, max: 10 } },
  });
  return { member: 'm', alias, datasetId: alias, columns, identifiers: ['email'], rules: goodRules(rules, columns) };
}

function reference(alias: string): TableView {
  const columns = columnsOf(false);
  const rules = { version: 1, public: true, joinKeys: ['k'], rowsPerKey: 1, measures: {}, groupKeys: {} };
  return { member: 'm', alias, datasetId: alias, columns, identifiers: [], rules: goodRules(rules, columns) };
}

const a = people('a', 1);
const b = people('b', 3);
const c = people('c', 2);
const p = reference('p');
const q = reference('q');
const tables = [a, b, c, p, q];

async function counted(sql: string): Promise<readonly (readonly unknown[])[]> {
  const [aggregate] = planQuestion(await assertAllows(sql, { tables }), { epsilon: 1, delta: 1e-6 }).aggregates;
  return aggregate ? rowsOf({ ...aggregate, minGroupSize: 0 }) : [];
}

async function load(): Promise<void> {
  await loadTable(
    a,
    [1, 2, 3].map((k) => [`${k}`, `${k}`, "'x'"]),
  );
  await loadTable(b, [
    ['1', '1', "'x'"],
    ['1', '2', "'y'"],
    ['1', '3', "'z'"],
    ['4', '3', "'x'"],
  ]);
  await loadTable(c, [
    ['1', '1', "'x'"],
    ['2', '2', "'y'"],
  ]);
  for (const table of [p, q])
    await loadTable(
      table,
      [1, 2, 3, 4].map((k) => [`${k}`, `'${k}'`]),
    );
}

describe('a public table', () => {
  it('is not joined by another public table alone: every person would have all of its rows', async () => {
    const denied = (sql: string): Promise<void> => assertDenies(sql, 'join-uses-match-key', {}, { tables });
    await denied('select p.r, count(*) from m.a, m.p join m.q on p.k = q.k group by p.r');
    await denied('select count(*) from m.a join m.p on p.k = p.k');
    await denied('select count(*) from m.a left join m.p on p.k = p.k');
    await assertAllows('select count(*) from m.a join m.p on a.k = p.k join m.q on p.k = q.k', { tables });
  });
  it('is not joined by a floating-point number: many whole numbers are one of them', async () => {
    const sql = 'select count(*) from m.a join m.p on cast(a.k as double) = p.k';
    await assertDenies(sql, 'join-uses-match-key', {}, { tables });
  });
  it('varies with what a condition on rows joins it to, wherever that stands', async () => {
    await load();
    const sql =
      'select p.r, count(*) from m.a join m.p on true left join m.b on b.email = a.email where p.k = b.k group by p.r';
    const [aggregate] = planQuestion(await assertAllows(sql, { tables }), { epsilon: 1, delta: 1e-6 }).aggregates;
    expect(aggregate?.maxGroupsPerPerson).toBe(3);
    expect((await counted(sql)).length).toBe(3);
  });
});

describe('a person that a left join may have left out', () => {
  it('is nobody in a right join, in IN, in GROUP BY and in a union', async () => {
    await load();
    const joined = '(select a.k, b.email from m.a left join m.b using (email)) z right join m.c on z.email = c.email';
    expect(await counted(`select count(*), sum(z.k) from ${joined}`)).toEqual([['2', '4', '3']]);
    const among = 'email in (select c.email from m.a left join m.c using (email))';
    expect(await counted(`select count(*) from m.a where ${among}`)).toEqual([['2', '2']]);
    const grouped = '(select c.email, count(*) as n from m.a left join m.c using (email) group by c.email)';
    expect(await counted(`select count(*) from ${grouped}`)).toEqual([['2', '2']]);
  });
  it('is a key of its own beside the person of the rows', async () => {
    await load();
    const grouped = '(select a.email, b.email as w from m.a left join m.b using (email) group by a.email, b.email)';
    expect(await counted(`select count(*), count(w) from ${grouped}`)).toEqual([['3', '3', '1']]);
  });
});

describe('SELECT DISTINCT *', () => {
  it('is the distinct rows of each person', async () => {
    await load();
    await runSql(`INSERT INTO "m.b" VALUES (1, 1, 'x')`);
    const sql = 'select count(*), count(k) from (select distinct * from (select email, k from m.b where k < 3))';
    expect(await counted(sql)).toEqual([['1', '2', '2']]);
  });
});

describe('IN as a column of a subquery', () => {
  it('may be read by the condition of a join around it', async () => {
    await load();
    const within = '(select a.email, a.k, a.email in (select email from m.b) as among from m.a) z';
    const sql = `select count(*), count(c.k) from ${within} left join m.c on c.email = z.email and z.among`;
    expect(await counted(sql)).toEqual([['3', '3', '1']]);
  });
  it('may be read by the condition of a semi join', async () => {
    await load();
    const within = '(select c.email, c.email in (select email from m.b) as among from m.c) z';
    const sql = `select count(*) from m.a semi join ${within} on z.email = a.email and z.among`;
    expect(await counted(sql)).toEqual([['1', '1']]);
  });
});

describe('min_by and max_by', () => {
  it('pass over rows without a value, as in DuckDB', async () => {
    await loadTable(b, [
      ['1', '1', 'NULL'],
      ['1', '2', "'y'"],
      ['1', '3', 'NULL'],
    ]);
    const sql = `select count(v), count(w) from
      (select email, min_by(r, k) as v, max_by(r, k) as w from m.b group by email)`;
    expect(await counted(sql)).toEqual([['1', '1', '1']]);
  });
});
