// A2, averaging within one question: draw the same number many times within one question and take the mean, so that the
// noise cancels. The number is counted once and its noise drawn once, whatever it is called; and where copies are told
// apart they share what the question may spend, so that each has the more noise.
import { describe, expect, it } from 'vitest';
import { canonicalText, chargeOf, varianceOf } from '../../policies/index.ts';
import { planOf } from '../support/run-plan.ts';

describe('one number, asked for many times in one question', () => {
  it('is drawn once under all its names', async () => {
    const calls = Array.from({ length: 50 }, (_, i) => `sum(spend) as s${i}, SUM( spend ) + 0 as t${i}`).join(', ');
    const { aggregates } = await planOf(`select ${calls} from market.outcomes order by sum(spend)`);
    expect(aggregates.map((a) => a.statistics.length)).toEqual([2]);
  });

  it.each([
    ['written differently', 'select sum(spend), sum(spend + 0), sum(spend * 1), sum(0 + spend) from market.outcomes'],
    [
      'in subqueries of their own',
      'select a.n, b.n as m, c.n as k from (select count(*) as n from market.outcomes) a cross join (select count(*) as n from market.outcomes) b cross join (select count(*) as n from market.outcomes) c',
    ],
  ])('has no more certainty in the mean of its copies than in one answer: %s', async (_, sql) => {
    const one = await planOf('select count(*) from market.outcomes');
    const copies = await planOf(sql);
    const rho = (plan: typeof one): number => chargeOf(plan.aggregates).rho;
    expect(rho(copies)).toBeLessThanOrEqual(rho(one) * (1 + 1e-12));
    // One over the variance of the best mean, in squares of what a person changes: all copies together.
    // Equal aggregations are one release: their numbers are one draw.
    const drawn = new Map(copies.aggregates.map((a) => [canonicalText(a), a]));
    const certainty = [...drawn.values()].flatMap((a) =>
      a.statistics.map((s, i) => {
        const most = 'upper' in s ? Number(s.upper) : 1;
        return most ** 2 / varianceOf(a.noise[i] ?? { numerator: 1n, denominator: 1n });
      }),
    );
    expect(certainty.reduce((sum, c) => sum + c, 0) / 2).toBeLessThanOrEqual(rho(one) * (1 + 1e-12));
  });
});
