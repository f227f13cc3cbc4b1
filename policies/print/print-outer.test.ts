import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { assertReleases } from '../../test/support/run-plan.ts';
import { outcomes } from '../../test/support/tables.ts';

const rows = (first: number, count: number, ...values: (string | null)[]): (string | null)[][] =>
  Array.from({ length: count }, (_, i) => [String(first + i), ...values]);

describe('the query over the release', () => {
  it('means what the merchant wrote, clause by clause', async () => {
    await loadTable(outcomes, [
      ...rows(1, 60, '1', '2', "'a'", null),
      ...rows(101, 80, '0', '2', "'b'", null),
      ...rows(201, 70, '1', '1', "'c'", null),
    ]);
    const groups = '(select zip, count(*) as n, sum(visit) as v from market.outcomes group by zip) s';
    const cases: readonly (readonly [string, readonly (readonly unknown[])[]])[] = [
      [`select zip from ${groups} order by n desc limit 2`, [['b'], ['c']]],
      [
        `select zip, n from ${groups} where n between 60 and 70 order by 2 desc`,
        [
          ['c', 70],
          ['a', 60],
        ],
      ],
      [`select sum(n) as n, count(*) as c, avg(n) as a from ${groups}`, [[210, 3, 70]]],
      [
        `select v > 0 as any_visit, sum(n) as n from ${groups} group by v > 0 having sum(n) > 100 order by n`,
        [[true, 130]],
      ],
      [`select distinct v > 0 as x from ${groups} order by x`, [[false], [true]]],
      [`select zip || '/' || cast(n as text) as label from ${groups} order by label offset 2`, [['c/70']]],
      [`select n / 0 as never, -n as less from ${groups} where zip = 'a'`, [[null, -60]]],
      [
        `select case when n > 65 then 'large' else 'small' end as size, count(*) as c from ${groups} group by 1 order by 1`,
        [
          ['large', 2],
          ['small', 1],
        ],
      ],
      [
        `select a.zip, b.zip as other from ${groups.replace(/ s$/, ' a')} join ${groups.replace(/ s$/, ' b')} on a.n < b.n order by 1, 2`,
        [
          ['a', 'b'],
          ['a', 'c'],
          ['c', 'b'],
        ],
      ],
      ['select zip, count(*) as n from market.outcomes group by zip order by lower(zip) desc limit 1', [['c', 70]]],
      ['select zip, count(*) as n from market.outcomes group by zip order by null, zip desc limit 1', [['c', 70]]],
      ["select '; drop table x --' as text, count(*) as n from market.outcomes", [['; drop table x --', 210]]],
    ];
    for (const [sql, expected] of cases) await assertReleases(sql, expected);
  });

  it('leaves the tables standing, whatever stands in a literal', async () => {
    await loadTable(outcomes, rows(1, 60, '1', '2', "'a'", null));
    for (const text of ['\'); drop table "market.outcomes"; --', '\\', '$1', '"', "' or '1' = '1"]) {
      const literal = `'${text.replaceAll("'", "''")}'`;
      const sql = `select ${literal} as t, count(*) as n from market.outcomes where zip <> ${literal}`;
      await assertReleases(sql, [[text, 60]]);
    }
    expect(await runSql('select count(*) from "market.outcomes"')).toEqual([[60n]]);
  });
});
