import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/run-plan.ts';
import { originOf } from './measure-origin.ts';

const a = 'with a as (select zip, count(*) as n from market.outcomes group by zip)';

describe('the origin of a shown column', () => {
  it.each([
    ['select n as size from a', 'size', { index: 0, column: 'm0' }],
    ['select * from a', 'zip', { index: 0, column: 'k0' }],
    ['select b.n from a left join (select n from a) b on a.n = b.n', 'n', { index: 1, column: 'm0' }],
    ['select p from (select n as p from a where n > 1) as r0', 'p', { index: 0, column: 'm0' }],
    ['select n + 1 as size from a', 'size', null],
    ['select x from a, (values (1)) v(x)', 'x', null],
    ['select n from a union all select n from a', 'n', null],
  ])('of %s', async (sql, name, origin) => {
    expect(originOf((await planOf(`${a} ${sql}`)).outer, name)).toEqual(origin);
  });
});
