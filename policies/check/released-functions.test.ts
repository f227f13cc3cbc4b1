import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { RELEASED_AGGREGATES, WINDOW_FUNCTIONS } from './released-aggregates.ts';
import { RELEASED_FUNCTIONS } from './released-functions.ts';

const page = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');
const from = 'from (select zip, count(*) as n from market.outcomes group by zip) s';

/** Written by the grammar itself: they are in no list of functions. */
const GRAMMARS = ['grouping', 'ifnull', 'count_star'];

describe('what released values may be given to', () => {
  it.each([
    ['functions', RELEASED_FUNCTIONS],
    ['aggregates', RELEASED_AGGREGATES],
  ])('is known to the engine as %s, which promises that the same arguments give the same value', async (_, names) => {
    const rows = await runSql('select distinct function_name, stability from duckdb_functions()');
    const stability = new Map(rows.map(([name, how]) => [String(name), how]));
    for (const name of names.filter((n) => !GRAMMARS.includes(n))) {
      expect([...stability.keys()], name).toContain(name);
      // A macro, such as split_part, promises nothing of its own.
      expect([null, 'CONSISTENT'], name).toContain(stability.get(name) ?? null);
    }
  });

  it('has no name twice', () => {
    const names = [...RELEASED_FUNCTIONS, ...RELEASED_AGGREGATES, ...WINDOW_FUNCTIONS];
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each([
    ['released functions', RELEASED_FUNCTIONS],
    ['released aggregates', RELEASED_AGGREGATES.filter((name) => name !== 'count_star')],
    ['window functions', WINDOW_FUNCTIONS],
  ])('is listed in docs/sql.md: %s', (title, names) => {
    const list = new RegExp(`<!-- ${title} -->([\\s\\S]*?)<!-- end of ${title} -->`).exec(page)?.[1] ?? '';
    expect([...list.matchAll(/`([a-z0-9_]+)`/g)].map((m) => m[1])).toEqual(names);
  });
});

describe('a function that is a window to the world', () => {
  it.each([
    'random()',
    'uuid()',
    'now()',
    'today()',
    'current_date',
    "age(timestamp '2020-01-01')",
    "getenv('HOME')",
    "current_setting('threads')",
    "read_text('/etc/hostname')",
    "nextval('s')",
    'txid_current()',
    'version()',
    'current_user',
    'current_query()',
    "error('stop')",
    "getvariable('x')",
    'hash(n)',
    "parse_path('/etc')",
    "sniff_csv('x')",
    "query('select 1')",
    'sleep_ms(1000)',
  ])('is refused of released values too: %s', async (call) => {
    const rule = call.startsWith('current_') && !call.endsWith(')') ? 'column-is-known' : 'function-is-permitted';
    await assertDenies(`select ${call} as x ${from}`, call.startsWith('age') ? 'types-match' : rule);
  });

  it.each(["zip like '%a_%b%'", "zip like zip || '%'", "regexp_matches(zip, 'a|b')", "replace(zip, 'a', 'long') = ''"])(
    'is no pattern, whatever it is: %s',
    async (condition) => {
      await assertAllows(`select n ${from} where ${condition}`);
    },
  );
});
