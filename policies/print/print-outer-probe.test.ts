import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { planOf } from '../../test/support/run-plan.ts';
import { releaseColumns } from '../protect/protect.ts';
import { printOuter, releaseTable } from './print-outer.ts';
import { printOuterProbe } from './print-outer-probe.ts';

const TYPES = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;

/** Asks the engine of empty releases, as the service does before it charges. */
async function ask(sql: string): Promise<void> {
  const { aggregates, outer } = await planOf(sql);
  for (const [index, aggregate] of aggregates.entries()) {
    const columns = releaseColumns(aggregate).map((c) => `"${c.name}" ${TYPES[c.kind]}`);
    await runSql(`CREATE OR REPLACE TEMP TABLE ${releaseTable(index)} (${columns.join(', ')})`);
  }
  await runSql(printOuter(outer));
}

const testdata = new URL('../testdata/allow/', import.meta.url);
const accepted = readdirSync(testdata)
  .filter((name) => name.endsWith('.sql') && !name.endsWith('.expected.sql'))
  .map((name) => [name, readFileSync(new URL(name, testdata), 'utf8')] as const);

describe('the question to the engine before the charge', () => {
  it.each(accepted)('is answered with yes for %s', async (_, sql) => {
    await expect(ask(sql)).resolves.toBeUndefined();
  });

  it.each([
    'select levenshtein(n, 2) as l from (select count(*) as n from market.outcomes) s',
    "select n from (select count(*) as n from market.outcomes) s where regexp_matches(n, 'a')",
    'with a as (select zip, count(*) as n from market.outcomes group by zip) select zip, (select max(b.n) from a b where b.n < a.n) as next, sum(n) as t from a group by zip',
  ])('is answered with no for %j, which nothing else refuses', async (sql) => {
    await assertAllows(sql);
    await expect(ask(sql)).rejects.toThrow();
    expect(printOuterProbe(await planOf(sql))).not.toBeNull();
  });

  it('names the released tables, and the columns that they will have', async () => {
    const probe = printOuterProbe(
      await planOf('select max(n) as n from (select zip, count(*) as n from market.outcomes group by zip) s'),
    );
    expect(probe?.tables).toEqual([
      {
        name: 'release_0',
        columns: [
          { name: 'k0', kind: 'text' },
          { name: 'm0', kind: 'integer' },
          { name: 'm0_ci95_low', kind: 'integer' },
          { name: 'm0_ci95_high', kind: 'integer' },
        ],
      },
    ]);
    expect(probe?.sql).toContain('max(');
  });

  it.each([
    'select count(*) from market.outcomes',
    'select zip, count(*) as n, sum(visit) / count(*) as rate from market.outcomes group by zip having n > 10 order by 3 desc limit 5',
  ])('is not asked for %j, which is nothing but an aggregation', async (sql) => {
    expect(printOuterProbe(await planOf(sql))).toBeNull();
  });

  it.each([
    'select zip, rank() over (order by count(*)) as r from market.outcomes group by zip',
    'select md5(zip) as z from market.outcomes group by zip',
    'select zip from market.outcomes group by zip union select arm from brand.campaign group by arm',
    'select zip, (select 1) as one from market.outcomes group by zip',
  ])('is asked for %j', async (sql) => {
    expect(printOuterProbe(await planOf(sql))).not.toBeNull();
  });
});
