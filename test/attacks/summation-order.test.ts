// A14, the order of summation and overflow: a sum in floating point depends on the order of its rows, so that one
// person can move it by far more than the person's value, and a sum in a machine word wraps around (Casacuberta and
// others, "Widespread underestimation of sensitivity in differentially private libraries", 2022).
//
// The wall: sums are exact, in 128 bits, of values that were clamped first. However rows are ordered the raw sum is the
// same, and no values, however large, move it by more than was declared for a person.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSeed } from '../support/effort.ts';
import { expectSame } from '../support/games.ts';
import type { TestRows } from '../support/load-table.ts';
import { events, outcomes } from '../support/tables.ts';
import { wide, wideRow } from '../support/wide-table.ts';
import { worldOf } from '../support/worlds.ts';

const hugeValues = ['1e308', '-1e308', "'inf'::double", "'-inf'::double", '1e16', '1', '-1', '0.1', '5e-324', '1e17'];
const hugeAmounts = ['9999999999999999.99', '-9999999999999999.99', '0.01', '100', '-0.01', '99.99'];

const doubles: TestRows = Array.from({ length: 400 }, (_, i) =>
  wideRow(String(i), { x: hugeValues[i % hugeValues.length] ?? null, d: String((i * 7) % 20) }),
);
const amounts = (persons: number): TestRows =>
  Array.from({ length: persons }, (_, i) => [String(i % 37), "'a'", null, hugeAmounts[i % hugeAmounts.length] ?? null]);

const shuffled = (rows: TestRows): fc.Arbitrary<TestRows> =>
  fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length });

describe('the raw sum', () => {
  it(`is the same in any order of its rows (seed ${runSeed})`, async () => {
    const sql =
      'select sum(clamp(x, -1000, 1000)), sum(d), sum(clamp(x * d, -5, 5)), avg(clamp(x, 0, 1)) from market.wide';
    const first = await worldOf(sql, [[wide, doubles]], { tables: [wide] });
    const isSame = async (rows: TestRows): Promise<void> => {
      const other = await worldOf(sql, [[wide, rows]], { tables: [wide] });
      expectSame('A14 order', other.exact, first.exact);
    };
    await fc.assert(fc.asyncProperty(shuffled(doubles), isSame), { numRuns: 10, seed: runSeed });
  });

  it(`is the same in any order where a person has many rows (seed ${runSeed})`, async () => {
    const sql = 'select sum(amount), sum(clamp(amount / 3, -1, 7)), count(*) from market.events';
    const rows = amounts(500);
    const first = await worldOf(sql, [[events, rows]]);
    const isSame = async (other: TestRows): Promise<void> => {
      expectSame('A14 order within persons', (await worldOf(sql, [[events, other]])).exact, first.exact);
    };
    await fc.assert(fc.asyncProperty(shuffled(rows), isSame), { numRuns: 10, seed: runSeed });
  });

  it('does not wrap around, whatever one person brings', async () => {
    const sql = 'select sum(spend), sum(visit) from market.outcomes';
    const others = Array.from({ length: 200 }, (_, i) => [String(i), '1', '500', "'a'", null]);
    const absent = await worldOf(sql, [[outcomes, others]]);
    for (const [visit, spend] of [
      ['9223372036854775807', '9999999999999999.99'],
      ['-9223372036854775808', '-9999999999999999.99'],
    ]) {
      const rows = Array.from({ length: 3_000 }, () => ['4711', visit ?? null, spend ?? null, "'a'", null]);
      const present = await worldOf(sql, [[outcomes, [...others, ...rows]]]);
      const change = present.exact[0]?.map((cell, i) => Math.abs(Number(cell) - Number(absent.exact[0]?.[i]))) ?? [];
      expect(change[0]).toBe(1);
      expect(change[1]).toBeLessThanOrEqual(500_00);
      expect(change[2]).toBeLessThanOrEqual(1);
    }
  });

  it('holds more than 64 bits where that many persons fill it', async () => {
    const rules = { min: -9e15, max: 9e15 };
    const sql = `select sum(clamp(x, ${rules.min}, ${rules.max})) from market.wide`;
    const rows = Array.from({ length: 4_000 }, (_, i) => wideRow(String(i), { x: '9e15' }));
    const { exact } = await worldOf(sql, [[wide, rows]], { tables: [wide] });
    const persons = BigInt(exact[0]?.[0] as string);
    const sum = BigInt(exact[0]?.[1] as string);
    expect(persons).toBe(4_000n);
    // Either the clamp's bounds fit the fixed point and the sum is exact, or such values count as missing: never
    // wrapped.
    expect([0n, 4_000n * 9_000_000_000_000_000n * 1_000_000n, 4_000n * 9_000_000_000_000_000n]).toContain(sum);
  });
});
