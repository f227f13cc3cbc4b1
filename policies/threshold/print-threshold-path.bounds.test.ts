import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { loadTable, type TestRows } from '../../test/support/load-table.ts';
import { rangesOf, runPath, storeLayouts } from '../../test/support/run-sharded.ts';
import { thresholdVerdict } from '../../test/support/run-threshold.ts';
import { runnable } from '../../test/support/scoring.ts';
import { orders } from '../../test/support/tables.ts';
import { layoutsOf, printThreshold, printThresholdPath, type TableView } from '../index.ts';

const SALT = 20_111_111n;
// Most persons have more rows than this, so that both parts count.
const withoutStores: TableView = {
  ...orders,
  rules: { ...orders.rules, rowsPerPerson: 7, threshold: plainThreshold() },
};

function plainThreshold() {
  const { threshold } = orders.rules;
  return threshold === null ? null : { ...threshold, stores: null };
}

const rows: TestRows = Array.from({ length: 300 }, (_, i) => [
  i % 50 === 0 ? null : String(i % 37),
  [`'c${i % 5}'`, "'it''s'", null][i % 3] ?? null,
  `'t${i % 2}'`,
  `'s${i % 4}'`,
  ['10', '0', '250.5', null, '99999'][i % 5] ?? null,
]);
const sorted = (found: readonly (readonly unknown[])[]) => found.map((r) => r.map(String).join(' | ')).toSorted();

describe('a threshold question over layouts', () => {
  it.each([
    [
      'over pairs',
      withoutStores,
      'select city, count(*), count(distinct email), sum(amount) from market.orders group by 1',
      'planned',
    ],
    ['over pairs, without keys', withoutStores, 'select count(*), sum(amount) from market.orders', 'planned'],
    [
      'over rows',
      withoutStores,
      "select city, tier, count(*), sum(amount) from market.orders where tier = 't1' group by 1, 2",
      'sharded',
    ],
    [
      'with stores',
      orders,
      'select city, count(*), count(distinct email), sum(amount) from market.orders group by 1',
      'sharded',
    ],
    ['with stores, without keys', orders, 'select count(*), sum(amount) from market.orders', 'sharded'],
  ] as const)('tells what the general program tells: %s', async (_, view, sql, kind) => {
    await loadTable(view, rows);
    const stored = await storeLayouts(layoutsOf([view]), SALT);
    const { aggregates, violations } = await thresholdVerdict(sql, [view]);
    expect(violations).toEqual([]);
    for (const aggregate of aggregates) {
      const general = sorted(await runSql(runnable(printThreshold(aggregate)), [SALT]));
      const path = printThresholdPath(aggregate, new Map([['market.orders', 20]]), stored);
      expect(path?.kind).toBe(kind);
      if (path === null) return;
      for (const count of [1, 2]) {
        expect(sorted(await runPath(path.query, SALT, rangesOf(count))), `${count} shards`).toEqual(general);
      }
    }
  });

  it('is general where nothing is stored', async () => {
    const { aggregates } = await thresholdVerdict('select city, count(*) from market.orders group by 1', [orders]);
    expect(aggregates.map((a) => printThresholdPath(a, new Map(), []))).toEqual([null]);
  });
});
