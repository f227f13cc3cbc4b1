import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { thresholdVerdict } from '../../test/support/run-threshold.ts';
import { orders } from '../../test/support/tables.ts';
import { toldColumns } from './print-threshold.ts';
import { RawThresholdGroups } from './raw-threshold-groups.ts';

const { aggregates } = await thresholdVerdict('select city, sum(amount) from market.orders group by city', [orders]);
const [aggregate] = aggregates;
if (aggregate === undefined) throw new Error('no aggregation');
const row = ['berlin', ...toldColumns(aggregate).map(() => '7')];

describe('raw groups of threshold mode', () => {
  it('show themselves to nobody', () => {
    const raw = RawThresholdGroups.read(aggregate, [row], []);
    expect(() => JSON.stringify(raw)).toThrow('never leave');
    expect(`${raw} ${inspect(raw)}`).toBe('RawThresholdGroups RawThresholdGroups');
  });

  it('are not read from rows of another shape', () => {
    const misshapen = [row.slice(1), [...row, '7'], row.with(1, 'x'), row.with(1, '1.5'), row.with(2, '9'.repeat(40))];
    for (const bad of misshapen) expect(() => RawThresholdGroups.read(aggregate, [bad], [])).toThrow(TypeError);
    for (const bad of [
      ['berlin', '0'],
      ['berlin', 'x', '1'],
    ]) {
      expect(() => RawThresholdGroups.read(aggregate, [row], [[bad]])).toThrow(TypeError);
    }
  });
});
