// A15, NaN through the clamp: DuckDB's least(NULL, 10) is 10 and its NaN is greater than everything, so that a clamp
// made of them turns a missing value into the largest one. What is not a number is missing here, and what is missing
// counts as nothing.
import { describe, expect, it } from 'vitest';
import { planQuestion } from '../../policies/index.ts';
import { loadTable } from '../support/load-table.ts';
import { expectFate } from '../support/person-loss.ts';
import { assertAllows } from '../support/policy-assertions.ts';
import { rowsOf } from '../support/run-plan.ts';
import { wide, wideRow } from '../support/wide-table.ts';

async function statisticsOf(call: string): Promise<readonly number[]> {
  const query = await assertAllows(`select ${call} from market.wide`, { tables: [wide] });
  const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
  const [row = []] = aggregate ? await rowsOf(aggregate) : [];
  return row.map(Number);
}

describe('a value that is no number', () => {
  it.each(['null', "'nan'::double"])('adds nothing to a sum and to the count of an average: %s', async (x) => {
    await loadTable(wide, [wideRow('1', { x }), wideRow('2', { x: '5' })]);
    expect(await statisticsOf('avg(clamp(x, 1, 10))')).toEqual([2, 5_000_000, 1]);
    expect(await statisticsOf('sum(clamp(0 - x, -10, -1))')).toEqual([2, -5_000_000]);
  });

  it.each([
    ["'inf'::double", 10_000_000],
    ["'-inf'::double", 1_000_000],
    ['1e308', 10_000_000],
  ])('is held by the clamp when it is without end: %s', async (x, held) => {
    await loadTable(wide, [wideRow('1', { x })]);
    expect(await statisticsOf('sum(clamp(x, 1, 10))')).toEqual([1, held]);
  });
});

describe('a person whose values are no numbers', () => {
  it('costs no more than is charged, whatever is made of them', async () => {
    const others = Array.from({ length: 60 }, (_, i) => wideRow(String(i), { x: '5', d: '1', n: '3' }));
    for (const x of ['null', "'nan'::double", "'inf'::double", "'-inf'::double", '-0.0::double', '1e308']) {
      const victim = wideRow('4711', { x, d: null, n: null });
      const neighbours = { victim: '4711', tables: [wide], contents: [[wide, [...others, victim]]] as const };
      for (const call of [
        'sum(clamp(x, 1, 10))',
        'avg(clamp(x, -5, 5))',
        'sum(clamp(x * d, 0, 1)), count(x)',
        'sum(d), avg(n)',
      ]) {
        await expectFate(`select ${call} from market.wide`, 'bounded', neighbours);
      }
    }
  });
});
