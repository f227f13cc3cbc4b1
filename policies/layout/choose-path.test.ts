import { describe, expect, it } from 'vitest';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { heavyTables, viewOfVisits } from '../../test/support/random-layouts.ts';
import { catalogue } from '../../test/support/tables.ts';
import {
  type ChosenPath,
  choosePath,
  layoutsOf,
  type MostRows,
  planQuestion,
  type StoredLayout,
  type TableView,
  tableName,
} from '../index.ts';

const views = heavyTables.map((t) => t.view);
const [visits] = views;
const WITHIN: MostRows = new Map([
  ['shop.visits', 300],
  ['brand.people', 1],
  ['club.tags', 1],
]);
/** Which of the two is chosen is told by the tests of bounds in the order of storage. */
const OVER_ROWS = ['streamed', 'sharded'];
const JOINED = 'shop.visits v join brand.people b using (email)';

/** All layouts of the tables, their texts as codes. */
function stored(of: readonly TableView[] = views): readonly StoredLayout[] {
  const texts = of.flatMap((v) => v.columns.filter((c) => c.type.kind === 'text').map((c) => c.name));
  const codes = new Set([...texts, ...texts.map((name) => `matched ${name}`)]);
  return layoutsOf(of).map((spec) => ({ spec, codes }));
}

async function pathOf(sql: string, most = WITHIN, layouts = stored(), tables = views): Promise<ChosenPath> {
  const [aggregate] = planQuestion(await assertAllows(sql, { tables: [...tables, catalogue] }), {
    epsilon: 1,
    delta: 1e-6,
  }).aggregates;
  if (aggregate === undefined) throw new Error('no aggregation');
  return choosePath(aggregate, most, layouts);
}

describe('a question is planned', () => {
  it.each([
    ['by one planned set', 'select kind, count(*) from shop.visits group by 1'],
    ['by a planned set in another order', 'select kind, city, count(*) from shop.visits group by 1, 2'],
    ['by none of the columns that vary', `select b.segment, sum(v.amount) from ${JOINED} group by 1`],
    ['with totals of a measure', 'select kind, sum(amount), count(amount), avg(amount) from shop.visits group by 1'],
    ['with a filter on what it is grouped by', "select kind, count(*) from shop.visits where kind = 'a' group by 1"],
    [
      'with a quantile and distinct values',
      'select kind, median(amount), count(distinct city) from shop.visits group by 1',
    ],
    [
      'over a query of its own, which makes one row of a pair',
      'select kind, count(*), sum(n) from (select email, kind, count(*) as n from shop.visits group by email, kind) g group by 1',
    ],
    ['with a filter on persons', `select kind, count(*) from ${JOINED} where b.segment like 'a%' group by 1`],
  ])('%s', async (_, sql) => {
    expect((await pathOf(sql)).kind).toBe('planned');
  });
});

describe('a question is not planned', () => {
  it.each([
    ['by part of a planned set', 'select city, count(*) from shop.visits group by 1'],
    ['by a planned set and more', 'select kind, day, count(*) from shop.visits group by 1, 2'],
    ['by what is made of a planned column', 'select lower(kind), count(*) from shop.visits group by 1'],
    ['by a column twice', 'select kind, kind as again, count(*) from shop.visits group by 1, 2'],
    ['with a filter on rows', 'select kind, count(*) from shop.visits where amount > 1 group by 1'],
    ['with a filter on another column', "select kind, count(*) from shop.visits where city = 'a' group by 1"],
    [
      'with a condition on rows in a statistic',
      'select kind, count(*) filter (where points > 1) from shop.visits group by 1',
    ],
    ['with another clamp', 'select kind, sum(clamp(amount, 0, 5)) from shop.visits group by 1'],
    ['with a sum of what is made of a measure', 'select kind, sum(amount * 2) from shop.visits group by 1'],
    ['with a sum of another table', `select v.kind, sum(b.score) from ${JOINED} group by 1`],
    [
      'with a quantile of a set that its rows are not ranked by',
      'select kind, city, median(amount) from shop.visits group by 1, 2',
    ],
    [
      'with a quantile under a condition on pairs',
      "select kind, median(amount) from shop.visits where kind <> 'a' group by 1",
    ],
    ['with a spread', 'select kind, stddev(amount) from shop.visits group by 1'],
    [
      'over a left join',
      'select v.kind, count(*) from shop.visits v left join brand.people b using (email) group by 1',
    ],
    [
      'over a union',
      'select kind, count(*) from (select email, kind from shop.visits union all select email, kind from shop.visits) u group by 1',
    ],
    [
      'over a query of its own that is grouped by more',
      'select kind, count(*) from (select email, kind, n, count(*) as many from shop.visits group by email, kind, n) g group by 1',
    ],
    [
      'over a query of its own with values that are not held to their rule',
      'select kind, sum(clamp(mean, 0, 5)) from (select email, kind, avg(amount) as mean from shop.visits group by 1, 2) g group by 1',
    ],
    [
      'over several rows of a query of its own in a group',
      'select kind, count(*) from (select email, kind, city, count(*) as n from shop.visits group by 1, 2, 3) g group by 1',
    ],
  ])('%s, and runs over rows', async (_, sql) => {
    expect(OVER_ROWS).toContain((await pathOf(sql)).kind);
  });

  it('by a text that is no code and may have been cut, with a condition on it', async () => {
    const layouts = stored().map(({ spec }) => ({ spec, codes: new Set<string>() }));
    const sql = 'select kind, count(*) from shop.visits group by 1';
    expect((await pathOf(sql, WITHIN, layouts)).kind).toBe('planned');
    const filtered = "select kind, count(*) from shop.visits where kind like '%z' group by 1";
    expect(OVER_ROWS).toContain((await pathOf(filtered, WITHIN, layouts)).kind);
  });

  it('where pairs over the bound are needed and not stored', async () => {
    const sql = "select kind, count(*) from shop.visits where kind <> 'a' group by 1";
    expect(await pathOf(sql)).toMatchObject({ kind: 'planned', groups: 'again', rest: { spec: { form: 'rest' } } });
    const cores = stored().filter((l) => l.spec.form !== 'rest');
    expect(OVER_ROWS).toContain((await pathOf(sql, WITHIN, cores)).kind);
  });
});

describe('rows under a condition', () => {
  it.each([
    ['streamed', 'of a range, which leaves many', 'amount > 1'],
    ['streamed', 'that only some of them need meet', 'points = 3 or amount > 1'],
    ['sharded', 'of certain values, which leave few', 'points = 3'],
    ['sharded', 'of certain values, and more', 'points in (3, 4) and amount > 1'],
  ])('are %s by one %s', async (kind, _, where) => {
    expect((await pathOf(`select kind, count(*) from shop.visits where ${where} group by 1`)).kind).toBe(kind);
  });
});

describe('a path', () => {
  it.each([
    'select kind, count(*) from shop.visits group by 1',
    'select kind, sum(amount) from shop.visits where amount > 1 group by 1',
    `select v.kind, b.vip, median(v.amount) from ${JOINED} group by 1, 2`,
    'select b.vip, count(*) from shop.visits v left join brand.people b using (email) group by 1',
  ])('is the same, step for step, whoever has more rows than declared: %s', async (sql) => {
    const within = await pathOf(sql);
    for (const most of [[['shop.visits', 401]], [['brand.people', 2]], [['shop.visits', 1]]] as const) {
      expect(await pathOf(sql, new Map([...WITHIN, ...most]))).toEqual(within);
    }
    expect(await pathOf(sql, new Map())).toEqual(within);
    const withoutOver = stored().filter(({ spec }) => spec.form !== 'over');
    expect((await pathOf(sql, WITHIN, withoutOver)).kind).toBe('general');
  });
});

describe('a path over rows', () => {
  it('reads public tables as they are', async () => {
    const sql =
      'select q.department, count(*) from shop.visits v join market.catalogue q on q.category = v.kind group by 1';
    expect((await pathOf(sql)).kind).toBe('sharded');
  });

  it('is not taken where one table has no rows stored', async () => {
    const sql = `select v.day, b.vip, count(*) from ${JOINED} where v.amount > 1 group by 1, 2`;
    const without = stored().filter(
      (l) => tableName(l.spec.base.table) !== 'brand.people' && l.spec.base.matched === null,
    );
    expect((await pathOf(sql, WITHIN, without)).kind).toBe('general');
  });

  it('reads the join of two tables from their match', async () => {
    const path = await pathOf(`select v.day, b.vip, count(*) from ${JOINED} where v.amount > 1 group by 1, 2`);
    expect(path.kind === 'sharded' && [...path.rows.keys()]).toEqual(['shop.visits']);
  });

  it('is general where nothing is stored', async () => {
    expect((await pathOf('select kind, count(*) from shop.visits group by 1', WITHIN, [])).kind).toBe('general');
  });
});

describe('layouts of a collaboration', () => {
  const shapes = (of: readonly TableView[]): readonly string[] =>
    layoutsOf(of).map(({ base, form, dimensions }) => `${form} ${base.matched?.alias ?? ''} ${dimensions.join('+')}`);

  it('are made for the sets that an owner names, their keys in one order, and for persons by themselves', () => {
    const view = viewOfVisits({ rowsPerPerson: 9, maxGroupsPerPerson: 3, plannedGroups: [['kind', 'city'], ['day']] });
    expect(shapes([view])).toEqual([
      'rows  city+kind',
      'over  ',
      'core  city+kind',
      'rest  city+kind',
      'core  day',
      'rest  day',
      'core  ',
    ]);
  });

  it('are made for each of the first group keys where none are named, and for none where that is said', () => {
    const named = (overrides: Record<string, unknown>) =>
      shapes([viewOfVisits({ rowsPerPerson: 2, maxGroupsPerPerson: 2, ...overrides })]);
    expect(named({})).toEqual(['rows  kind', 'over  ', 'core  kind', 'core  city', 'core  day', 'core  n', 'core  ']);
    expect(named({ plannedGroups: [] })).toEqual(['rows  ', 'over  ', 'core  ']);
  });

  it('join a table only with those of other members in which persons have one row', () => {
    const matched = layoutsOf(views).flatMap(({ base }) =>
      base.matched ? [`${base.table.alias} ${base.matched.alias}`] : [],
    );
    expect([...new Set(matched)]).toEqual(['people tags', 'visits people', 'visits tags']);
    const own = views.map((v) => ({ ...v, member: 'shop' }));
    expect(layoutsOf(own).filter(({ base }) => base.matched !== null)).toEqual([]);
    expect(visits?.member).toBe('shop');
  });
});
