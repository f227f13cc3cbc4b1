import { describe, expect, it } from 'vitest';
import { readSql } from '../../test/support/engine.ts';
import { assertDenies } from '../../test/support/policy-assertions.ts';
import { tables } from '../../test/support/tables.ts';
import { columnsOf } from '../plan/outer-query.ts';
import { printOuter } from '../print/print-outer.ts';
import { checkQuestion } from './check-question.ts';

const a = 'with a as (select zip, count(*) as n, avg(spend) as v from market.outcomes group by zip)';

/** The columns that a question shows, with the ends of intervals. */
async function shown(sql: string, omitIntervals = false): Promise<readonly string[]> {
  const read = await readSql(sql);
  if (!read.ok) throw new Error(sql);
  const checked = checkQuestion(read.value, tables, { epsilon: 1, omitIntervals });
  if (!checked.ok) throw new Error(checked.violations.map((v) => v.message).join());
  return columnsOf(checked.value.outer).map((c) => c.name);
}

const n = ['n', 'n_ci95_low', 'n_ci95_high'];
const v = ['v', 'v_ci95_low', 'v_ci95_high'];

describe('the ends of a 95 % interval', () => {
  it.each([
    ['select zip, n from a', ['zip', ...n]],
    ['select n as size, zip from a', ['size', 'size_ci95_low', 'size_ci95_high', 'zip']],
    ['select * from a', ['zip', ...n, ...v]],
    ['select x.n, x.* from a as x', ['n', 'zip', 'n_2', 'n_ci95_low', 'n_ci95_high', ...v]],
    ['select n, n_ci95_low as low from a', [...n, 'low']],
    ['select n, n_ci95_low, n_ci95_high from a', n],
    ['select q from (select zip, n as q from a where n > 3) s', ['q', 'q_ci95_low', 'q_ci95_high']],
    ['select n from a left join (values (1)) w(x) on true', n],
    ['select p, q from a as b(p, q)', ['p', 'q', 'q_ci95_low', 'q_ci95_high']],
    ['select n from a union all select n from a', n],
    ['select n, rank() over (order by n) as r from a', [...n, 'r']],
  ])('stand beside a measure that %s shows as it is', async (sql, columns) => {
    expect(await shown(`${a} ${sql}`)).toEqual(columns);
  });

  it.each([
    ['select n + 1 as n from a', ['n']],
    ['select distinct n from a', ['n']],
    ['select n, count(*) as c from a group by n', ['n', 'c']],
    ['select max(n) as n from a', ['n']],
    ['select n from a union select n from a', ['n']],
    ['select n from a union all select 1', ['n']],
    ['select n from a intersect all select n from a', ['n']],
    ['from (select zip, n from a) pivot (sum(n) for zip in (1))', ['1']],
    ['select zip, n_ci95_low from a', ['zip', 'n_ci95_low']],
  ])('stand beside nothing in %s', async (sql, columns) => {
    expect(await shown(`${a} ${sql}`)).toEqual(columns);
  });

  it.each([
    ['select * from a', ['zip', 'n', 'v']],
    ['select n, n_ci95_low from a', ['n', 'n_ci95_low']],
    ['select n from a union all select n from a order by n', ['n']],
  ])('are left out of %s when nobody wants them, but for those that the merchant names', async (sql, columns) => {
    expect(await shown(`${a} ${sql}`, true)).toEqual(columns);
  });
});

/** The printed query over the release. */
async function printed(sql: string): Promise<string> {
  const read = await readSql(`${a} ${sql}`);
  if (!read.ok) throw new Error(read.violations.map((x) => x.message).join());
  const checked = checkQuestion(read.value, tables, { epsilon: 1, omitIntervals: true });
  if (!checked.ok) throw new Error(checked.violations.map((x) => x.message).join());
  return printOuter(checked.value.outer);
}

describe('a name in a query over released tables', () => {
  it('is looked for in the subquery first, then in the query around it', async () => {
    const sql = await printed('select (select max(b.n) from a b where b.zip = a.zip and v > 1) as m from a');
    expect(sql).toContain('"b"."zip" = "a"."zip"');
    expect(sql).toContain('"b"."v" >');
  });

  it('is refused where an inner table has taken its name', async () => {
    const sql = `${a} select (select max(x) from (values (1)) a(x) where n > x) as m from a`;
    await assertDenies(sql, 'syntax-is-known', { owner: null, line: 1, column: sql.indexOf('n > x') + 1 });
  });

  it('of a protected table is nobody’s in a subquery over released ones', async () => {
    await assertDenies(
      `${a} select (select count(*) from market.events where category = zip) as m from a`,
      'column-is-known',
    );
  });

  it('stands for a key or a count of an aggregation in the subquery beside it', async () => {
    const sql = await printed(
      'select zip, (select count(*) from a where a.n > size) as more, count(*) as size from market.outcomes o group by zip',
    );
    expect(sql).toMatch(/"a"\."n" > "r\d"\."m0"/);
  });

  it('of USING is the value of whichever side has one', async () => {
    const join = (how: string): string => `select zip from a ${how} join (values ('x')) w(zip) using (zip)`;
    expect(await printed(join('left'))).toContain('SELECT "a"."zip" AS "zip"');
    expect(await printed(join('right'))).toContain('SELECT "w"."zip" AS "zip"');
    expect(await printed(join('full'))).toContain('coalesce("a"."zip", "w"."zip")');
  });
});

describe('a subquery that is one value', () => {
  it('is NULL when it has several rows, rather than an error after the charge', async () => {
    expect(await printed('select (select n from a) as x from a')).toContain(
      'CASE WHEN count(*) = 1 THEN first("n") END',
    );
    expect(await printed('select (select max(n) from a) as x from a')).not.toContain('CASE');
    expect(await printed('select (select n from a order by n limit 1) as x from a')).not.toContain('CASE');
  });
});
