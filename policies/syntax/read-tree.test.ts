import { describe, expect, it } from 'vitest';
import { parseSql } from '../../test/support/engine.ts';
import type { Violation } from '../check/catalogue.ts';
import { readQuery } from './read-query.ts';
import { placeOf } from './source-place.ts';
import type { SyntaxExpression, SyntaxFrom, SyntaxQuery, SyntaxSelect } from './syntax-tree.ts';

async function read(sql: string): Promise<SyntaxQuery> {
  const parsed = readQuery(sql, await parseSql(sql));
  if (!parsed.ok) throw new Error(parsed.violations.map((v) => `${v.message}: ${v.help}`).join());
  return parsed.value.query;
}

async function select(sql: string): Promise<SyntaxSelect> {
  const query = await read(sql);
  if (query.kind !== 'select') throw new Error('not a SELECT');
  return query;
}

/** The first expression of a select list. */
async function expression(text: string): Promise<SyntaxExpression> {
  const { items } = await select(`select ${text} from t`);
  if (items[0] === undefined) throw new Error('no item');
  return items[0].expression;
}

async function from(text: string): Promise<SyntaxFrom> {
  const query = await select(`select 1 from ${text}`);
  if (query.from === null) throw new Error('no FROM');
  return query.from;
}

async function refusal(sql: string): Promise<Violation> {
  const parsed = readQuery(sql, await parseSql(sql));
  const [first] = parsed.ok ? [] : parsed.violations;
  if (first === undefined) throw new Error('it was read');
  return first;
}

describe('an expression as written', () => {
  it.each([
    ["interval '1 month 2 days'", { months: 1n, days: 2n, microseconds: 0n }],
    ["interval '-30 days 02:00:00.5'", { months: 0n, days: -30n, microseconds: 7_200_500_000n }],
    ["interval '-01:30'", { months: 0n, days: 0n, microseconds: -5_400_000_000n }],
    ['interval 30 day', { months: 0n, days: 30n, microseconds: 0n }],
    ['interval (-3) month', { months: -3n, days: 0n, microseconds: 0n }],
    ["interval '2' week", { months: 0n, days: 14n, microseconds: 0n }],
    ['interval 1 year', { months: 12n, days: 0n, microseconds: 0n }],
    ['interval 2 quarters', { months: 6n, days: 0n, microseconds: 0n }],
    ['interval 5 minutes', { months: 0n, days: 0n, microseconds: 300_000_000n }],
    ['interval 5 seconds', { months: 0n, days: 0n, microseconds: 5_000_000n }],
    ['interval 5 milliseconds', { months: 0n, days: 0n, microseconds: 5_000n }],
    ['to_days(3)', { months: 0n, days: 3n, microseconds: 0n }],
    ["'1 day'::interval", { months: 0n, days: 1n, microseconds: 0n }],
  ])('%s is a span of time', async (text, parts) => {
    expect(await expression(text)).toMatchObject({ kind: 'literal', value: { type: 'interval', ...parts } });
  });

  it('is a call where the count of an interval is not written out', async () => {
    expect(await expression('interval (n) day')).toMatchObject({
      kind: 'call',
      name: 'to_days',
      args: [{ kind: 'column', path: ['n'] }],
    });
  });

  it.each([
    ['percentile_cont(0.9) within group (order by x)', 'quantile_cont', 9n],
    ['percentile_disc(0.9) within group (order by x)', 'quantile_disc', 9n],
    ['percentile_cont(0.9) within group (order by x desc)', 'quantile_cont', 1n],
    ['quantile_cont(x, 0.9)', 'quantile_cont', 9n],
  ])('%s is one call', async (text, name, unscaled) => {
    expect(await expression(text)).toMatchObject({
      name,
      args: [{ path: ['x'] }, { value: { type: 'decimal', unscaled, scale: 1 } }],
      orderBy: [],
    });
  });

  it('keeps the order inside an aggregate, its filter and DISTINCT', async () => {
    const call = await expression("string_agg(distinct x, ',' order by x desc nulls first) filter (where y > 1)");
    expect(call).toMatchObject({
      name: 'string_agg',
      distinct: true,
      args: [{ path: ['x'] }, { value: { type: 'text', value: ',' } }],
      orderBy: [{ expression: { path: ['x'] }, descending: true, nulls: 'first' }],
      filter: { kind: 'compare', operator: '>' },
    });
  });

  it.each([
    ['x in (select 1)', 'in', false],
    ['x not in (select 1)', 'in', true],
    ['not (x in (select 1))', 'in', true],
    ['x = any (select 1)', 'in', false],
    ['exists (select 1)', 'exists', false],
    ['not exists (select 1)', 'exists', true],
    ['(select 1)', 'scalar', false],
  ])('%s is a subquery', async (text, form, negated) => {
    const arg = form === 'in' ? { kind: 'column', path: ['x'] } : null;
    expect(await expression(text)).toMatchObject({ kind: 'subquery', form, negated, arg, query: { kind: 'select' } });
  });

  it.each([
    ['grouping(a, b)', { kind: 'call', name: 'grouping', args: [{ path: ['a'] }, { path: ['b'] }] }],
    ['true', { kind: 'literal', value: { type: 'boolean', value: true } }],
    ["date '2024-02-29'", { kind: 'cast', type: { type: 'date' }, arg: { value: { value: '2024-02-29' } } }],
    ["timestamp '2024-02-29 10:00:00'", { kind: 'cast', type: { type: 'timestamp' } }],
    ["position('a' in x)", { name: 'strpos', args: [{ path: ['x'] }, { value: { value: 'a' } }] }],
    ['a is not distinct from b', { kind: 'case', otherwise: { kind: 'compare', operator: '=' } }],
    ['a is distinct from b', { kind: 'not', arg: { kind: 'case' } }],
  ])('%s is known', async (text, tree) => {
    expect(await expression(text)).toMatchObject(tree);
  });
});

describe('a window', () => {
  it('has its call, partition, order and frame', async () => {
    const window = await expression(
      'sum(distinct b) filter (where c) over (partition by d order by e desc rows between 1 preceding and unbounded following exclude ties)',
    );
    expect(window).toMatchObject({
      kind: 'window',
      call: { kind: 'call', name: 'sum', distinct: true, filter: { path: ['c'] } },
      ignoreNulls: false,
      partitionBy: [{ path: ['d'] }],
      orderBy: [{ descending: true }],
      frame: {
        unit: 'rows',
        start: { kind: 'preceding', by: { value: { value: 1n } } },
        end: { kind: 'unbounded-following', by: null },
        exclude: 'ties',
      },
    });
  });

  it.each([
    ['lag(a, 2, 0) over (order by b)', 'lag', 3],
    ['lead(a) over (order by b)', 'lead', 1],
    ['ntile(4) over (order by b)', 'ntile', 1],
    ['nth_value(a, 2) over (order by b)', 'nth_value', 2],
    ['row_number() over ()', 'row_number', 0],
    ['count(*) over ()', 'count_star', 0],
    ['percent_rank() over (order by b)', 'percent_rank', 0],
  ])('%s has its arguments in order', async (text, name, count) => {
    const window = await expression(text);
    expect(window).toMatchObject({ kind: 'window', call: { name }, frame: null });
    expect(window.kind === 'window' && window.call.args.length).toBe(count);
  });

  it.each([
    ['range between interval 3 day preceding and current row', 'range', 'preceding', 'current-row'],
    ['groups between 1 following and 2 following', 'groups', 'following', 'following'],
    ['rows between current row and current row', 'rows', 'current-row', 'current-row'],
    ['rows between unbounded preceding and unbounded following', 'rows', 'unbounded-preceding', 'unbounded-following'],
    ['rows unbounded preceding', 'rows', 'unbounded-preceding', 'current-row'],
  ])('has the frame `%s`', async (frame, unit, start, end) => {
    const window = await expression(`sum(a) over (order by b ${frame})`);
    expect(window).toMatchObject({ frame: { unit, start: { kind: start }, end: { kind: end }, exclude: null } });
  });

  it('that has a name is the window written out, and may pass over NULLs', async () => {
    const query = await select('select lag(a ignore nulls) over w from t window w as (partition by q order by r)');
    expect(query.items[0]?.expression).toMatchObject({
      ignoreNulls: true,
      partitionBy: [{ path: ['q'] }],
      orderBy: [{ expression: { path: ['r'] } }],
    });
  });
});

describe('FROM as written', () => {
  it.each([
    ['a, b', 'inner'],
    ['a cross join b', 'inner'],
    ['a join b on a.x = b.x', 'inner'],
    ['a left join b on a.x = b.x', 'left'],
    ['a right join b on a.x = b.x', 'right'],
    ['a full join b on a.x = b.x', 'full'],
    ['a semi join b on a.x = b.x', 'semi'],
    ['a anti join b on a.x = b.x', 'anti'],
  ])('%s joins', async (text, how) => {
    const condition = text.includes(' on ') ? { kind: 'compare' } : null;
    expect(await from(text)).toMatchObject({ kind: 'join', how, condition, using: [] });
  });

  it('has USING', async () => {
    expect(await from('a left join b using (x, y)')).toMatchObject({ how: 'left', using: ['x', 'y'], condition: null });
  });

  it.each(["(values (1, 'a'), (2, 'b')) v(x, y)", '(values (1, 2)) v'])('%s is rows of constants', async (text) => {
    const values = await from(text);
    expect(values).toMatchObject({ kind: 'values', alias: 'v', columnNames: text.endsWith(')') ? ['x', 'y'] : [] });
  });

  it('gives names to the columns of subqueries, tables and CTEs', async () => {
    expect(await from('(select 1) s(x)')).toMatchObject({ kind: 'subquery', alias: 's', columnNames: ['x'] });
    expect(await from('m.t as s(x, y)')).toMatchObject({
      kind: 'subquery',
      query: {
        items: [{ expression: { kind: 'star' } }],
        from: { kind: 'table', schema: 'm', table: 't', alias: null },
      },
      alias: 's',
      columnNames: ['x', 'y'],
    });
    const query = await select('with c(x) as (values (1)), d as (select 2) select * from c');
    expect(query.ctes).toMatchObject([
      { name: 'c', columnNames: ['x'], query: { from: { kind: 'values' } } },
      { name: 'd', columnNames: [] },
    ]);
  });

  it.each([
    ['from a pivot (sum(x) as s, count(*) for y in (1, 2 as two) group by q) p', 'p', ['q'], 2],
    ['pivot a on y in (1, 2 as two) using sum(x) as s, count(*) group by q', null, ['q'], 2],
  ])('%s is a pivot', async (sql, alias, groupBy, count) => {
    const query = await select(sql);
    expect(query.from).toMatchObject({
      kind: 'pivot',
      alias,
      groupBy,
      from: { kind: 'table', table: 'a' },
      aggregates: [
        { alias: 's', expression: { name: 'sum' } },
        { alias: null, expression: { name: 'count_star' } },
      ],
      on: [{ column: { path: ['y'] } }],
    });
    const values = query.from?.kind === 'pivot' ? query.from.on[0]?.values : [];
    expect(values).toHaveLength(count);
    expect(values?.[1]).toMatchObject({ alias: 'two', expression: { value: { value: 2n } } });
  });
});

describe('a query as written', () => {
  it.each([
    ['union', 'union', false],
    ['union all', 'union', true],
    ['intersect', 'intersect', false],
    ['intersect all', 'intersect', true],
    ['except', 'except', false],
    ['except all', 'except', true],
  ])('%s puts two together', async (words, operator, all) => {
    const query = await read(`with c as (select 1) select a from t ${words} select b from u order by 1 limit 3`);
    expect(query).toMatchObject({
      kind: 'set-operation',
      operator,
      all,
      ctes: [{ name: 'c' }],
      left: { kind: 'select', items: [{ expression: { path: ['a'] } }] },
      right: { kind: 'select', items: [{ expression: { path: ['b'] } }] },
      orderBy: [{ descending: false }],
      limit: 3n,
    });
  });

  it('nests set operations, each with its own order and limit', async () => {
    const query = await read('(select 1 limit 1) union (select 2 union all select 3)');
    expect(query).toMatchObject({ left: { limit: 1n }, right: { kind: 'set-operation', all: true }, limit: null });
  });

  it.each([
    ['a, b', null],
    ['rollup (a, b)', [[], [0], [0, 1]]],
    ['cube (a, b)', [[], [0], [0, 1], [1]]],
    ['grouping sets ((a), (a, b), ())', [[0], [0, 1], []]],
    ['()', [[]]],
    ['grouping sets ((a, b))', null],
  ])('GROUP BY %s', async (keys, sets) => {
    const query = await select(`select count(*) from t group by ${keys}`);
    expect(query.groupingSets?.map((s) => s.toSorted()).toSorted() ?? null).toEqual(sets?.toSorted() ?? null);
  });

  it('has QUALIFY', async () => {
    const query = await select('select a from t qualify rank() over (order by a) = 1');
    expect(query.qualify).toMatchObject({ kind: 'compare', left: { kind: 'window' } });
  });
});

describe('what is not known', () => {
  it.each([
    ['with recursive r as (select 1 union all select 2 from r) select 1 from r', 'recursive query', 1, 1],
    ['select 1 from t tablesample 10%', 'TABLESAMPLE', 1, 15],
    ['select 1 from t at (version => 1)', 'AT', 1, 15],
    ['select 1 from a\nnatural join b', 'NATURAL JOIN', 2, 1],
    ['select 1 from a positional join b', 'POSITIONAL JOIN', 1, 17],
    ['select 1 from a asof join b on a.x >= b.x', 'ASOF JOIN', 1, 17],
    ['select 1 from t where x = ?', 'parameter', 1, 1],
    ["select '上海', list_transform(x, y -> y) from t", 'lambda', 1, 34],
    ["select '上海',\n x > all (select 1) from t", 'ANY or ALL', 2, 2],
    ["select '上海',\n [1, 2] from t", 'list, struct or row', 2, 3],
    ["select {'a': 1} from t", 'list, struct or row', 1, 9],
    ['select (a, b) from t', 'list, struct or row', 1, 8],
    ['select x[1] from t', 'array extract', 1, 8],
    ['select 1 union by name select 2', 'UNION BY NAME', 1, 8],
    ["select interval '1.5 days' from t", 'interval', 1, 17],
    ["select interval '1 lightyear' from t", 'interval', 1, 17],
    ["select interval '9999999999 days' from t", 'interval out of range', 1, 17],
    ['select a from t order by all', 'ORDER BY ALL', 1, 26],
    ['unpivot t on y into name n value v', 'UNPIVOT', 1, 1],
    ['from a pivot (sum(x) for (y, z) in ((1, 2)))', 'PIVOT on a row of columns', 1, 8],
    ['select a from t limit 10%', 'LIMIT of a percentage', 1, 1],
    ['select percentile_disc(0.5) within group (order by x desc) from t', 'WITHIN GROUP of a descending order', 1, 8],
  ])('%s is refused where it stands, with what to write instead', async (sql, construct, line, column) => {
    const { rule, message, help, place } = await refusal(sql);
    expect({ rule, message }).toEqual({
      rule: 'syntax-is-known',
      message: `\`${construct}\` is not part of the SQL that Galley can protect`,
    });
    expect({ line: place.line, column: place.column }).toEqual({ line, column });
    expect(help).not.toContain('see the table');
  });

  it.each([
    'qualify',
    'setop_all',
    'comparison_type',
    'exclude_clause',
    'using_columns',
    'pivot_enum',
    'expected_names',
  ])('is a key that a later grammar hangs beside `%s`', async (key) => {
    const sql =
      'select rank() over (order by a) from a join (values (1)) v on true where x in (select 1) union select 2 from (from a pivot (sum(x) for y in (1)))';
    const parse = await parseSql(sql);
    const tree = parse.ok ? parse.tree.replace(`"${key}"`, `"lateral_clause":{},"${key}"`) : '';
    expect(parse.ok && tree !== parse.tree).toBe(true);
    const parsed = readQuery(sql, { ok: true, tree });
    expect(parsed.ok ? [] : parsed.violations.map((v) => v.message)).toEqual([
      '`lateral_clause` is not part of the SQL that Galley can protect',
    ]);
  });
});

describe('the place of a part', () => {
  it.each([
    ["select '上海',\n  rank() over (order by a) from t", 2, 3],
    ["select '上海',\n  (select 1) from t", 2, 3],
    ["select '上海',\n  a not in (select 1) from t", 2, 3],
    ["select '上海',\n  interval 3 day from t", 2, 12],
  ])('is where a merchant looks for it: %j', async (sql, line, column) => {
    const { items } = await select(sql);
    expect(placeOf(sql, items[1]?.expression.at ?? null)).toMatchObject({ line, column });
  });
});
