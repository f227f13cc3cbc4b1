// Which engine type holds a value depends on its bounds; the number must not. An overflow would fail the run for one row.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effortOf } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import type { Expression } from '../plan/expression.ts';
import type { UnitBounds } from '../plan/question-tree.ts';
import { FunctionNames } from './function-names.ts';
import { type InUnits, printRowNumber, printUnitsWithin } from './print-units.ts';

const MOST = 10n ** 18n - 1n;
const style = { literals: 'value', functions: new FunctionNames() } as const;
const unscaled = fc.oneof(
  fc.bigInt({ min: -MOST, max: MOST }),
  fc.bigInt({ min: -10_000n, max: 10_000n }),
  fc.constantFrom(MOST, -MOST, 0n),
);

function valueIn(scale: number): InUnits {
  const of: Expression = { kind: 'column', relation: 't', column: 'x', type: { kind: 'decimal', scale }, at: null };
  return { of, scale };
}

/** Digits of a decimal literal. */
function text(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

async function inUnits(values: readonly bigint[], scale: number, bounds: UnitBounds): Promise<readonly unknown[]> {
  const rows = values.map((v, i) => `(${i}, CAST('${text(v, scale)}' AS DECIMAL(18, ${scale})))`);
  const value = valueIn(scale);
  const read = `SELECT i, ${printRowNumber(value, bounds, style)} AS v FROM (VALUES ${rows.join(', ')}) AS t(i, x)`;
  const sql = `SELECT CAST(${printUnitsWithin('v', value, bounds, style)} AS VARCHAR) FROM (${read}) ORDER BY i`;
  return (await runSql(sql)).map(([cell]) => cell);
}

describe('a decimal in units', () => {
  it('is the same number whatever its digits, its bounds and the type that holds it', async () => {
    const asked = fc.tuple(
      fc.array(unscaled, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 18 }),
      fc.tuple(unscaled, unscaled),
    );
    await fc.assert(
      fc.asyncProperty(asked, async ([values, scale, [a, b]]) => {
        const [lower, upper] = a < b ? [a, b] : [b, a];
        const clamped = values.map((v) => String(v < lower ? lower : v > upper ? upper : v));
        expect(await inUnits(values, scale, { lower, upper })).toEqual(clamped);
      }),
      { numRuns: effortOf(60, 200, 2_000) },
    );
  });

  it.each([10n ** 16n - 1n, 10n ** 16n])('does not overflow at a bound of %s', async (upper) => {
    expect(await inUnits([MOST, -MOST], 2, { lower: -upper, upper })).toEqual([String(upper), String(-upper)]);
  });
});
