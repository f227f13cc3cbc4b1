import { describe, expect, it } from 'vitest';
import { parseSql } from '../../test/support/engine.ts';
import { assertAllows, assertDenies, verdictOn } from '../../test/support/policy-assertions.ts';
import { violationCatalogue } from '../check/catalogue.ts';
import { MAX_SQL_BYTES, readQuery, refuseText } from './read-query.ts';

describe('statement-is-one-select', () => {
  it.each([
    ['', 1, 1],
    ['selec count(*) from market.outcomes', 1, 1],
    ['select count(*) from market.outcomes; select 1', 1, 39],
    ['select count(*) from market.outcomes where', 1, 43],
    ['drop table market.outcomes', 1, 1],
    ["copy market.outcomes to 'out.csv'", 1, 1],
    ["attach 'x.db'", 1, 1],
    ['pragma version', 1, 1],
    ['set threads = 1', 1, 1],
    ['insert into market.outcomes values (1)', 1, 1],
    ['explain analyze select count(*) from market.outcomes', 1, 1],
    ['prepare q as select count(*) from market.outcomes', 1, 1],
    ['call pragma_version()', 1, 1],
    ['install httpfs', 1, 1],
    ['load httpfs', 1, 1],
  ])('denies %j', async (sql, line, column) => {
    await assertDenies(sql, 'statement-is-one-select', { owner: null, line, column });
  });

  it('points behind Chinese characters and on later lines where the SQL stops being SQL', async () => {
    const sql = "select count(*)\nfrom market.outcomes\nwhere zip = '上海' and and visit = 1";
    await assertDenies(sql, 'statement-is-one-select', { line: 3, column: 22 });
  });

  it('allows one SELECT with a semicolon after it', async () => {
    await assertAllows('select count(*) from market.outcomes;');
  });

  it('says how long a text may be', () => {
    const read = readQuery('x', { ok: false, reason: 'too-large' });
    expect(read.ok ? [] : read.violations.map((v) => [v.rule, v.message])).toEqual([
      ['statement-is-one-select', `the statement is longer than ${MAX_SQL_BYTES} bytes`],
    ]);
  });
});

/** DuckDB's SQL beyond the part that Galley can protect. Each is refused; none throws and none is allowed. */
const outside = [
  'select rank() over (order by visit) from market.outcomes',
  'select sum(visit) over () from market.outcomes',
  'select count(*) from market.outcomes o, lateral (select o.visit) l',
  'with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r',
  'pivot market.outcomes on zip using count(*)',
  'unpivot market.outcomes on visit into name n value v',
  'select count(*) from market.outcomes tablesample 10%',
  'select count(*) from market.outcomes using sample 5 rows',
  'show tables',
  'describe market.outcomes',
  'summarize market.outcomes',
  'select * from (describe market.outcomes)',
  "select count(*) from read_csv('/etc/passwd')",
  "select count(*) from '/etc/passwd'",
  "select count(*) from 'data.parquet'",
  "select count(*) from glob('*')",
  "select count(*) from read_text('/etc/hostname')",
  'select count(*) from range(10)',
  'select count(*) from unnest([1, 2, 3])',
  'select count(*) from duckdb_tables()',
  'select count(*) from information_schema.tables',
  'select count(*) from pg_catalog.pg_class',
  'select count(*) from sqlite_master',
  "select {'a': 1} from market.outcomes",
  'select [1, 2] from market.outcomes',
  'select map([1], [2]) from market.outcomes',
  'select list_transform([1], x -> x + 1) from market.outcomes',
  'select count(*) from market.outcomes where [visit][1] = 1',
  'select max(columns(*)) from market.outcomes',
  'select count(*) from market.outcomes positional join brand.campaign',
  'select count(*) from market.outcomes o asof join brand.campaign c on o.email >= c.email',
  'select count(*) from market.outcomes o full join brand.campaign c using (email)',
  'select count(*) from market.outcomes natural join brand.campaign',
  'select count(*) from market.outcomes where visit = ?',
  'select count(*) from market.outcomes where visit = $1',
  'select count(*) from market.outcomes where visit = $name',
  "select count(*) from market.outcomes where zip::enum('a', 'b') = 'a'",
  'select count(*) from market.outcomes where zip::mood is null',
  'select count(*) from market.outcomes where visit = (select 1)',
  'select count(*) from market.outcomes where visit = any (select 1)',
  'from market.outcomes',
  'from market.outcomes select email',
  'select "* from read_text(\'/etc/hostname\') --".* from market.outcomes',
  'select count(*) as "n; drop table x" from market.outcomes',
  'select count(*) from "market.outcomes"',
  'select count(*) from market.outcomes where visit operator(pg_catalog.+) 1 = 2',
  'select outcomes from market.outcomes',
  'select count(outcomes) from market.outcomes',
  'select count(*) from market.outcomes where now() > now()',
  'select count(*) from market.outcomes where random() < 0.5',
  "select getenv('HOME') from market.outcomes",
  "select count(*) from query('select 1')",
  "select count(*) from query_table('market.outcomes')",
  "select nextval('s') from market.outcomes",
  "select error('stop') from market.outcomes",
  'select count(*) from market.outcomes where error(zip) is null',
  'select count(*) from market.outcomes where rowid = 1',
  'select current_user from market.outcomes',
  'select count(*) from market.outcomes where current_date > current_date',
  "select count(*) from market.outcomes where zip glob '1*'",
  "select count(*) from market.outcomes where zip similar to '1.*'",
  "select count(*) from market.outcomes where zip like '1$%' escape '$'",
  "select count(*) from market.outcomes where zip collate nocase = 'a'",
  'select distinct on (zip) zip from market.outcomes',
  'select * exclude (email) from market.outcomes',
  'select * replace (1 as visit) from market.outcomes',
  'select count(*) from market.outcomes limit 10%',
  'select count(*) from market.outcomes limit (select 1)',
  'select string_agg(zip order by visit) from market.outcomes',
  'select count(*) from market.outcomes at (timestamp => now())',
  'select count(*) from market.outcomes where visit between symmetric 2 and 1',
  'select count(*) from memory.market.outcomes',
  'select count(*), 170141183460469231731687303715884105727 from market.outcomes',
  'values (1)',
  'table market.outcomes',
  'select 1',
];

describe('a text that the parser is not given', () => {
  it('is one that would hold it: comments within comments', () => {
    const nested = `select 1 ${'/*'.repeat(300)}${'*/'.repeat(300)}`;
    const read = readQuery(nested, refuseText(nested) ?? { ok: true, tree: '' });
    expect(read.ok ? [] : read.violations.map((v) => v.rule)).toEqual(['statement-is-one-select']);
    expect(refuseText('select count(*) /* of all */ from market.outcomes')).toBeNull();
  });
});

describe('syntax-is-known', () => {
  it.each(outside)('is no way around for %j', async (sql) => {
    const violations = await verdictOn(sql);
    expect(violations, 'it is allowed').not.toEqual([]);
    for (const v of violations) {
      expect(Object.keys(violationCatalogue)).toContain(v.rule);
      expect(v.help).not.toBe('');
    }
  });

  it('points at the construct, behind Chinese characters and on later lines', async () => {
    const sql = "select count(*)\nfrom market.outcomes\nwhere zip = '上海' and visit = visit[1]";
    await assertDenies(sql, 'syntax-is-known', { owner: null, line: 3, column: 30 });
  });

  it.each([
    ['an inner JOIN', 'select count(*) from market.outcomes o join brand.campaign c using (email)'],
    [
      'a comma join with its condition in WHERE',
      'select count(*) from market.outcomes o, brand.campaign c where o.email = c.email',
    ],
    ['a CTE', 'with n as (select zip, count(*) as c from market.outcomes group by zip) select max(c) from n'],
    ['GROUP BY ALL', 'select zip, count(*) from market.outcomes group by all'],
    [
      'EXTRACT, SUBSTRING … FROM and TRIM, which the grammar writes with a schema',
      "select extract(year from day), count(*) from market.events where trim(substring(category from 1 for 2)) = 'a' group by 1",
    ],
  ])('allows %s', async (_, sql) => {
    await assertAllows(sql);
  });

  it('refuses a clause that a later grammar hangs on a node it knows', async () => {
    const parse = await parseSql('select count(*) from market.outcomes');
    const tree = parse.ok ? parse.tree.replace('"qualify":null', '"qualify":null,"lateral_clause":{}') : '';
    const read = readQuery('select count(*) from market.outcomes', { ok: true, tree });
    expect(read.ok ? [] : read.violations.map((v) => v.message)).toEqual([
      '`lateral_clause` is not part of the SQL that Galley can protect',
    ]);
  });

  it('keeps integers beyond 53 bits as they are', async () => {
    const query = await assertAllows('select count(*) from market.outcomes where visit = 9007199254740993');
    expect(query.aggregates[0]?.rows.filters[0]).toMatchObject({ right: { value: { value: 9007199254740993n } } });
  });
});

/** Texts of a few hundred bytes that stand for millions of parts. */
function doubledBySubqueries(depth: number): string {
  let rows = 'select visit as x, email from market.outcomes';
  for (let i = 0; i < depth; i += 1) rows = `select x + x as x, email from (${rows}) s`;
  return `select count(*) from (${rows}) s where x > 1`;
}

function doubledByJoins(depth: number): string {
  const first = 'c0 as (select arm, count(*) as n from brand.campaign group by arm)';
  const more = Array.from(
    { length: depth },
    (_, i) => `c${i + 1} as (select a.arm, a.n from c${i} a join c${i} b on a.n = b.n)`,
  );
  return `with ${[first, ...more].join(', ')} select n from c${depth}`;
}

const doubledByAliases = Array.from({ length: 40 }, (_, i) => `a${i} + a${i} as a${i + 1}`).join(', ');

describe('a question that is short and still too large', () => {
  it.each([
    [
      'BETWEEN of BETWEEN',
      `select count(*) from market.outcomes where ${'('.repeat(60)}visit${' between 0 and 1)'.repeat(60)}`,
    ],
    ['subqueries that use a column twice', doubledBySubqueries(60)],
    ['CTEs that are joined with themselves', doubledByJoins(40)],
    [
      'names of the select list that use one another twice',
      `select count(*) as a0, ${doubledByAliases} from market.outcomes`,
    ],
  ])('is refused at once: %s', async (_, sql) => {
    const startedMs = performance.now();
    await assertDenies(sql, 'syntax-is-known');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it.each([
    ['a name that stands for itself', 'select count(*) + a as a from market.outcomes', 'column-is-known'],
    ['names that stand for each other', 'select count(*) + b as a, a + 1 as b from market.outcomes', 'column-is-known'],
    [
      'more than 100 aggregates',
      `select ${Array.from({ length: 101 }, (_, i) => `sum(spend + ${i})`).join()} from market.outcomes`,
      'syntax-is-known',
    ],
  ] as const)('is refused: %s', async (_, sql, rule) => {
    await assertDenies(sql, rule);
  });

  it('is allowed with a list as long as a text can be', async () => {
    const list = Array.from({ length: 10_000 }, (_, i) => i);
    await assertAllows(`select count(*) from market.outcomes where visit in (${list.join()})`);
  });
});
