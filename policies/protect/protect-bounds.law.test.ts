// How good found bounds are, over crowds whose truth is known. Persons are drawn anew from a seed; a correct mechanism
// fails here when some bin without persons is taken (at most once in a thousand finds, by the threshold) or noise of
// more than six deviations falls, and the seed is fixed so that it fails always or never.
import { describe, expect, it } from 'vitest';
import { loadTable, type TestRows } from '../../test/support/load-table.ts';
import { boundedOf, planOf, releaseOf } from '../../test/support/run-plan.ts';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { outcomes } from '../../test/support/tables.ts';
import type { UnitBounds } from '../plan/question-tree.ts';

const bits = seededBits(20_260_301);
const uniform = (): number => (Number(bits.draw(32)) + 1) / 2 ** 32;
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

/** Persons with a spend each. */
function spending(values: readonly (number | null)[]): TestRows {
  return values.map((v, i) => [String(i), '1', v === null ? null : v.toFixed(2), null, null]);
}

async function boundsOf(rows: TestRows, value = 'spend * 1', epsilon = 1): Promise<UnitBounds> {
  await loadTable(outcomes, rows);
  const [aggregate] = (await planOf(`select sum(auto_clamp(${value})) as s from market.outcomes`, epsilon)).aggregates;
  if (aggregate === undefined) throw new Error('no aggregation');
  const [, sum] = (await boundedOf(aggregate, bits)).statistics;
  if (sum?.kind !== 'sum' || sum.row === null) throw new Error('no bounded sum');
  return sum.row;
}

describe('bounds found among ten thousand persons', () => {
  const values = Array.from({ length: 10_000 }, () => Math.exp(3 + normal()));
  const sorted = values.toSorted((a, b) => a - b);

  it('cover nearly all of a skewed crowd, and are no wider than four times what that needs', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { lower, upper } = await boundsOf(spending(values));
      const top = Number(upper) / 100;
      expect(lower).toBe(0n);
      expect(values.filter((v) => v <= top).length).toBeGreaterThanOrEqual(9_900);
      expect(top).toBeLessThanOrEqual(4 * (sorted[9_990] ?? 0));
    }
  });

  it('give a sum near the truth', async () => {
    await loadTable(outcomes, spending(values));
    const [aggregate] = (await planOf('select sum(auto_clamp(spend * 1)) as s from market.outcomes')).aggregates;
    if (aggregate === undefined) throw new Error('no aggregation');
    const [sum] = (await releaseOf(aggregate, bits)).rows[0] ?? [];
    const truth = values.reduce((a, b) => a + b, 0);
    expect(Math.abs(Number(sum) - truth) / truth).toBeLessThan(0.05);
  });

  it('do not follow a handful of enormous values', async () => {
    const plain = await boundsOf(spending(values.map(() => 10)));
    const rich = await boundsOf(spending(values.map((_, i) => (i < 5 ? 9_999_999_999_999 : 10))));
    expect(plain).toEqual({ lower: 0n, upper: 1024n });
    expect(rich).toEqual(plain);
  });
});

describe('bounds of a crowd without', () => {
  it.each([
    ['persons', []],
    ['values', Array.from({ length: 2_000 }, () => null)],
    ['values but zero', Array.from({ length: 2_000 }, () => 0)],
    ['enough persons to stand out', [500, 400]],
  ])('%s are those of nothing, and no error', async (_, values) => {
    expect(await boundsOf(spending(values))).toEqual({ lower: 0n, upper: 1n });
  });

  it('values above zero reach below it', async () => {
    expect(await boundsOf(spending(Array.from({ length: 2_000 }, () => -3)))).toEqual({ lower: -512n, upper: 0n });
  });
});

describe('bounds of every kind of number', () => {
  it('are in the units that it is summed in', async () => {
    const rows = spending(Array.from({ length: 2_000 }, () => 10));
    expect(await boundsOf(rows, 'visit * 3')).toEqual({ lower: 0n, upper: 4n });
    expect(await boundsOf(rows, 'spend / 4')).toEqual({ lower: 0n, upper: 2n ** 22n });
    expect(await boundsOf(rows, 'spend / 0')).toEqual({ lower: 0n, upper: 1n });
  });
});
