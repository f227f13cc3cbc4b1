// A17, statistics of the catalogue: an engine knows how many rows a table has, the least and largest value of a column,
// how many rows each step of a plan has passed, which files it reads and how it is set; and it tells in system tables,
// table functions, pragmas and EXPLAIN ANALYZE, exactly.
//
// The wall: tables and functions are allow-lists. Of everything that the engine itself lists, what is not on our list
// is refused before anything runs, and the refusal names only what was asked.
import { describe, expect, it } from 'vitest';
import { runSql } from '../support/engine.ts';
import { assertAllows, verdictOn } from '../support/policy-assertions.ts';

const firstColumn = async (sql: string): Promise<readonly string[]> =>
  (await runSql(sql)).map(([value]) => String(value));
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const functionNames = await firstColumn(
  "select distinct function_name from duckdb_functions() where function_type in ('scalar', 'macro') order by 1",
);
const tableFunctions = await firstColumn(
  "select distinct function_name from duckdb_functions() where function_type in ('table', 'table_macro', 'pragma') order by 1",
);
const systemViews = await firstColumn(
  "select distinct schema_name || '.' || view_name from duckdb_views() where internal order by 1",
);
const settings = await firstColumn('select name from duckdb_settings() order by 1');

/** Words that an answer of the engine would have, and no refusal may. */
const ENGINE_WORDS = /catalog error|binder error|parser error|duckdb|did you mean|candidate functions|not implemented/i;

async function expectRefused(sql: string): Promise<void> {
  const violations = await verdictOn(sql);
  expect(violations, `${sql} is allowed`).not.toEqual([]);
  const told = violations.map((v) => v.message + v.help).join(' ');
  expect(told.replaceAll(/`[^`]*`/g, ''), sql).not.toMatch(ENGINE_WORDS);
}

const argumentLists = [
  ...['', 'visit', 'zip', 'zip, zip', "'day', cast(zip as date)", 'zip, visit', 'visit, visit', 'zip, visit, visit'],
  ...["'day', cast(zip as date), cast(zip as date)", "zip, 'a', 'b'", 'cast(zip as date)', 'visit, 0, 1'],
];

/** Whether a call of a function with up to three arguments is ever allowed. */
async function isEverAllowed(name: string): Promise<boolean> {
  const calls = argumentLists.map((list) => `${quote(name)}(${list}) is null`);
  const violations = await verdictOn(`select count(*) from market.outcomes where ${calls.join(' or ')}`);
  const places = new Set(violations.map((v) => v.place.column));
  // Each call has its own refusal, unless the text could not be read as a whole: then they are asked one by one.
  if (places.size === calls.length) return false;
  for (const call of calls) {
    if ((await verdictOn(`select count(*) from market.outcomes where ${call}`)).length === 0) return true;
  }
  return false;
}

describe('of all functions that the engine lists', () => {
  it('only those on our list are ever allowed', async () => {
    expect(functionNames.length).toBeGreaterThan(300);
    const allowed: string[] = [];
    for (const name of functionNames) if (await isEverAllowed(name)) allowed.push(name);
    /** A name that only looks as if it looked. */
    const LOGARITHM = 'log';
    const looking =
      /duckdb|pragma|setting|current|version|schema|database|env|file|read|nextval|random|uuid|now|today|error|txid|hash|stat|size|pg_|query|extension|secret|variable|typeof|checkpoint|memory|log$/i;
    expect(allowed.filter((name) => looking.test(name) && name !== LOGARITHM)).toEqual([]);
    // Operators and what the documents name: some thirty, and never the hundreds that there are.
    expect(allowed.length).toBeGreaterThan(20);
    expect(allowed.length).toBeLessThan(90);
  });

  it('none that gives a table is a table', async () => {
    expect(tableFunctions.length).toBeGreaterThan(50);
    for (const name of tableFunctions) {
      await expectRefused(`select count(*) from ${quote(name)}()`);
      await expectRefused(`select count(*) from ${quote(name)}('market.outcomes')`);
    }
  });
});

describe('of all system tables', () => {
  it('none is read, with or without its schema, quoted or not', async () => {
    expect(systemViews.length).toBeGreaterThan(20);
    for (const view of systemViews) {
      const [schema = '', name = ''] = view.split('.');
      await expectRefused(`select count(*) from ${view}`);
      await expectRefused(`select count(*) from ${quote(schema)}.${quote(name)}`);
      await expectRefused(`select count(*) from ${name}`);
      await expectRefused(`select count(*) from market.outcomes o join ${view} s on o.zip = s.zip`);
      await expectRefused(`with s as (select * from ${view}) select count(*) from s`);
    }
  });

  it('none of the settings is told', async () => {
    expect(settings.length).toBeGreaterThan(50);
    for (const name of settings) {
      await expectRefused(`select current_setting('${name}'), count(*) from market.outcomes`);
      await expectRefused(`select count(*) from market.outcomes where current_setting('${name}') = zip`);
    }
  });
});

describe('a statement that looks at the engine', () => {
  it.each([
    'explain select count(*) from market.outcomes',
    'explain analyze select count(*) from market.outcomes',
    'explain (analyze, format json) select count(*) from market.outcomes',
    'describe select * from market.outcomes',
    'summarize market.outcomes',
    'show all tables',
    'show databases',
    'pragma storage_info("market.outcomes")',
    'pragma table_info("market.outcomes")',
    'pragma database_size',
    'pragma enable_profiling',
    'call pragma_storage_info("market.outcomes")',
    'analyze market.outcomes',
    'vacuum',
    'checkpoint',
    'select count(*) from pragma_storage_info("market.outcomes")',
    'select count(*) from (describe market.outcomes) d',
    'select count(*) from (summarize market.outcomes) s',
    'select count(*) from (show tables) s',
    'select stats(visit), count(*) from market.outcomes group by 1',
    'select count(*) from market.outcomes where rowid < 10',
    'select count(*) from market.outcomes where "$row_id" is null',
    'select typeof(visit), count(*) from market.outcomes group by 1',
    'select max(rowid) from market.outcomes',
  ])('is refused: %s', expectRefused);

  it('is refused wherever SQL could hide it, and a plain question still is not', async () => {
    for (const part of ['(select estimated_size from duckdb_tables() limit 1)', '(select 1 from duckdb_columns())']) {
      await expectRefused(`select count(*) filter (where visit = ${part}) from market.outcomes`);
      await expectRefused(`select count(*), ${part} from market.outcomes`);
      await expectRefused(`select n + ${part} from (select count(*) as n from market.outcomes) s`);
      await expectRefused(`select count(*) as n from market.outcomes order by ${part}`);
      await expectRefused(`select count(*) as n from market.outcomes limit ${part}`);
      await expectRefused(`select zip, count(*) as n from market.outcomes group by zip having n > ${part}`);
    }
    await assertAllows('select count(*) from market.outcomes');
  });
});
