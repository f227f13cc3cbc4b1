import { describe, expect, it } from 'vitest';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { tables } from '../../test/support/tables.ts';
import { wide } from '../../test/support/wide-table.ts';

describe('sum-is-bounded', () => {
  it.each([
    'sum(visit / 2)',
    'avg(sqrt(visit))',
    'sum(coalesce(visit / 2, 0))',
    'sum(spend * 1e308 * 10)',
    'sum(clamp(spend, -1e308, 1e308))',
    'sum(spend * 1e30)',
    'sum(visit - visit * 1)  + sum(0)',
  ])('denies %s', async (call) => {
    await assertDenies(`select ${call} from market.outcomes`, 'sum-is-bounded', { owner: null, line: 1 });
  });

  it.each([
    'sum(clamp(visit / 2, 0, 1))',
    'sum(spend * visit)',
    'sum(abs(-spend))',
    'avg(case when visit = 1 then spend end)',
  ])('allows %s', async (call) => {
    await assertAllows(`select ${call} from market.outcomes`);
  });

  it('denies, without falling over, a column that is called like a part of JavaScript', async () => {
    const columns = [...wide.columns, { name: 'constructor', type: { kind: 'integer' } as const }];
    const view = { ...wide, columns };
    await assertDenies(
      'select sum("constructor") from market.wide',
      'measure-is-permitted',
      {},
      { tables: [view] },
    ).catch(() =>
      assertDenies(
        'select sum(clamp("constructor", 0, 1)) from market.wide',
        'measure-is-permitted',
        {},
        { tables: [view] },
      ),
    );
    await assertDenies(
      'select count(*) from market.wide group by "constructor"',
      'group-key-is-permitted',
      {},
      { tables: [view] },
    );
  });
});

async function boundsOf(call: string, from: string): Promise<readonly [number, number] | null> {
  const query = await assertAllows(`select ${call} from ${from}`, { tables: [...tables, wide] });
  const sum = query.aggregates[0]?.statistics.find((s) => s.kind === 'sum');
  return sum?.kind === 'sum' ? [Number(sum.lower), Number(sum.upper)] : null;
}

describe('the bounds of one person', () => {
  it.each([
    // spend: 0 to 500 a row with two digits after the point, one row a person.
    ['sum(spend)', 'market.outcomes', [0, 50_000]],
    ['sum(-spend)', 'market.outcomes', [-50_000, 0]],
    ['sum(spend + 1)', 'market.outcomes', [0, 50_100]],
    ['sum(1 - spend)', 'market.outcomes', [-49_900, 100]],
    ['sum(abs(spend - 100))', 'market.outcomes', [0, 40_000]],
    ['sum(sign(spend))', 'market.outcomes', [-1, 1]],
    ['sum(least(spend, 10))', 'market.outcomes', [0, 50_000]],
    ['sum(clamp(spend, 5, 10))', 'market.outcomes', [0, 1_000]],
    ['sum(visit = 1)', 'market.outcomes', [0, 1]],
    ['sum(cast(spend as bigint))', 'market.outcomes', [0, 500]],
    ['sum(nullif(visit, 0))', 'market.outcomes', [0, 1]],
    // amount: at most 300 a person, though 20 rows of 100 would be more.
    ['sum(amount)', 'market.events', [0, 30_000]],
    ["sum(case when category = 'a' then amount else 0 end)", 'market.events', [0, 30_000]],
    ["sum(amount) filter (where category = 'a')", 'market.events', [0, 30_000]],
    ['sum(amount + 0)', 'market.events', [0, 200_000]],
    ["sum(case when category = 'a' then amount else 7 end)", 'market.events', [0, 200_000]],
    ['sum(n * m)', 'market.wide', [-1_350, 1_350]],
    ['sum(d)', 'market.wide', [-70_000, 300_000]],
    ['sum(clamp(x, -0.5, 2))', 'market.wide', [-1_500_000, 6_000_000]],
  ] as const)('of %s from %s are as declared', async (call, from, bounds) => {
    expect(await boundsOf(call, from)).toEqual(bounds);
  });

  it('multiply over the tables of a join', async () => {
    const from = 'market.events e join market.outcomes o using (email)';
    expect(await boundsOf('sum(o.visit)', from)).toEqual([0, 20]);
  });
});

describe('the bounds of one person whose rows were made one a group', () => {
  const once = '(select email, category, count(*) as n from market.events group by email, category) b';

  it('are those of one row where the groups are the very ones', async () => {
    expect(await boundsOf('sum(n)', `${once} group by category`)).toEqual([0, 20]);
    const joined = `${once} join market.outcomes o on o.email = b.email group by b.category`;
    expect(await boundsOf('sum(b.n)', joined)).toEqual([0, 20]);
  });

  it('are those of all rows in every other case: coarser groups, or several rows beside it', async () => {
    expect(await boundsOf('sum(n)', once)).toEqual([0, 400]);
    expect(await boundsOf('sum(n)', `${once} group by upper(category)`)).toEqual([0, 400]);
    const twice = `${once} join market.events e on e.email = b.email group by b.category`;
    expect(await boundsOf('sum(b.n)', twice)).toEqual([0, 400]);
    const days = '(select email, category, day, count(*) as n from market.events group by email, category, day) b';
    expect(await boundsOf('sum(n)', `${days} group by category`)).toEqual([0, 400]);
  });
});
