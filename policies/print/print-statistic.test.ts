import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { rowsOf } from '../../test/support/run-plan.ts';
import { campaign, events } from '../../test/support/tables.ts';
import { wide, wideRow } from '../../test/support/wide-table.ts';
import type { Expression } from '../plan/expression.ts';
import type { GroupKey, Statistic } from '../plan/question-tree.ts';
import type { Cell } from '../protect/raw-groups.ts';

const of = (name: string): Expression => columnOf('t0', name, wide);
const n = of('n');

/** What the engine counts over the wide table, groups of every size. */
async function counted(
  statistic: Statistic,
  keys: readonly GroupKey[] = [],
  salt?: bigint,
): Promise<readonly (readonly Cell[])[]> {
  const draft = draftOf([wide], keys, [statistic]);
  // Of a histogram the planner asks for fewer rows.
  const aggregate = { ...planDraft(draft), statistics: draft.statistics, minGroupSize: 0 };
  const rows = await rowsOf(aggregate, salt);
  return rows.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}

async function load(...rows: readonly (readonly [string | null, Record<string, string | null>])[]): Promise<void> {
  await loadTable(
    wide,
    rows.map(([person, values]) => wideRow(person, values)),
  );
}

const bins = { scale: 0, lower: 0n, upper: 16n, count: 16 };

describe('a sum', () => {
  const sum: Statistic = { kind: 'sum', of: n, scale: 0, row: { lower: -5n, upper: 10n }, lower: -6n, upper: 15n };

  it('clamps each row, then each person, and counts no row without a value', async () => {
    await load(['1', { n: '99' }], ['1', { n: '99' }], ['2', { n: '-99' }], ['2', { n: null }], ['3', { n: null }]);
    expect(await counted(sum)).toEqual([['3', `${15 - 5}`]]);
  });

  it('takes no value for what is no number', async () => {
    await load(['1', { x: "'nan'::double" }], ['2', { x: "'inf'::double" }], ['3', { x: '2.5' }]);
    expect(await counted({ ...sum, of: of('x'), scale: 1, upper: 100n, row: { lower: 0n, upper: 100n } })).toEqual([
      ['3', '25'],
    ]);
  });
});

describe('a sum of squares', () => {
  it('is around its centre, of clamped rows, and bounded a person', async () => {
    await load(['1', { n: '4' }], ['1', { n: '90' }], ['2', { n: '1' }], ['3', { n: null }]);
    const squares: Statistic = {
      kind: 'squares',
      of: n,
      scale: 0,
      row: { lower: 0n, upper: 10n },
      centre: 5n,
      upper: 20n,
    };
    expect(await counted(squares)).toEqual([['3', `${20 + 16}`]]);
  });
});

describe('distinct values', () => {
  const distinct: Statistic = { kind: 'distinct', of: of('label'), upper: 2n };

  it('are counted once over all persons, and NULL is none', async () => {
    await load(['1', { label: "'a'" }], ['1', { label: null }], ['2', { label: "'a'" }], ['2', { label: "'b'" }]);
    expect(await counted(distinct)).toEqual([['2', '2']]);
    expect(await counted(distinct, [keyOf(of('label'))])).toEqual([
      ['a', '2', '1'],
      ['b', '1', '1'],
      [null, '1', null],
    ]);
  });

  it('are at most so many of a person, by the salt and not by the order of rows', async () => {
    const labels = ["'a'", "'b'", "'c'"];
    const kept = async (order: readonly string[], salt: bigint): Promise<unknown> => {
      await load(...order.map((label): [string, Record<string, string>] => ['1', { label }]), ['2', { label: "'a'" }]);
      return (await counted(distinct, [], salt))[0]?.[1];
    };
    const salts = Array.from({ length: 20 }, (_, i) => BigInt(i));
    const counts = [];
    for (const salt of salts) counts.push([await kept(labels, salt), await kept(labels.toReversed(), salt)]);
    expect(counts.filter(([forward, backward]) => forward !== backward)).toEqual([]);
    expect(new Set(counts.map(([forward]) => forward))).toEqual(new Set(['2', '3']));
  });

  it('count no NaN', async () => {
    await load(['1', { x: "'nan'::double" }], ['2', { x: '1.5' }]);
    expect(await counted({ ...distinct, of: of('x') })).toEqual([['2', '1']]);
  });
});

describe('a histogram', () => {
  const histogram: Statistic = { kind: 'histogram', of: n, bins, upper: 3n };

  it('is the bins that hold rows, in their order; what lies outside is in the first or the last', async () => {
    await load(['1', { n: '-7' }], ['1', { n: '3' }], ['1', { n: null }], ['2', { n: '3' }], ['3', { n: '16' }]);
    expect(await counted(histogram)).toEqual([['3', '0:1,3:2,15:1']]);
    await load();
    expect(await counted(histogram)).toEqual([['0', null]]);
  });

  it('has one a group, also where keys are NULL', async () => {
    await load(['1', { n: '3', flag: 'true' }], ['2', { n: '4', flag: null }], ['3', { n: null, flag: null }]);
    expect(await counted(histogram, [keyOf(of('flag'))])).toEqual([
      [null, '2', '4:1'],
      [true, '1', '3:1'],
    ]);
  });

  it('takes at most so many rows of a person in a group, and none without a value for one with', async () => {
    await load(
      ['1', { n: '1', flag: 'true' }],
      ['1', { n: '1', flag: 'true' }],
      ['1', { n: '2', flag: 'false' }],
      ['2', { n: null, flag: 'true' }],
      ['2', { n: '9', flag: 'true' }],
      ['3', { n: null, flag: 'true' }],
    );
    const flag = [keyOf(of('flag'))];
    expect(await counted({ ...histogram, upper: 1n }, flag)).toEqual([
      [false, '1', '2:1'],
      [true, '3', '1:1,9:1'],
    ]);
    expect(await counted({ ...histogram, upper: 2n }, flag)).toEqual([
      [false, '1', '2:1'],
      [true, '3', '1:2,9:1'],
    ]);
  });

  it.each([1n, 2n])('takes %d rows by the salt and not by the order of rows', async (upper) => {
    const kept = async (order: readonly string[], salt: bigint): Promise<unknown> => {
      await load(...order.map((value): [string, Record<string, string>] => ['1', { n: value }]));
      return (await counted({ ...histogram, upper }, [], salt))[0]?.[1];
    };
    const values = ['2', '5', '11'];
    const seen = new Set<unknown>();
    for (let salt = 0n; salt < 30n; salt += 1n) {
      const bins = await kept(values, salt);
      expect(await kept(values.toReversed(), salt)).toBe(bins);
      seen.add(bins);
    }
    const all = upper === 1n ? ['2:1', '5:1', '11:1'] : ['2:1,5:1', '2:1,11:1', '5:1,11:1'];
    expect(seen).toEqual(new Set(all));
  });

  it('measures dates in days and timestamps in microseconds, and none of those without end', async () => {
    await load(
      ['1', { day: "'1970-01-04'", moment: "'1970-01-01 00:00:00.000002'" }],
      ['2', { day: "'infinity'", moment: "'-infinity'" }],
      ['3', { day: "'5000000-01-01'", moment: "'290000-01-01 00:00:00'" }],
    );
    expect(await counted({ ...histogram, of: of('day') })).toEqual([['3', '3:1,15:1']]);
    expect(await counted({ ...histogram, of: of('moment') })).toEqual([['3', '2:1,15:1']]);
  });
});

describe('a public group without a value', () => {
  it('is a group of its own when NULL is listed, and else no group', async () => {
    await loadTable(campaign, [
      ['1', "'gift'", 'true'],
      ['2', null, 'true'],
    ]);
    const arm = columnOf('t0', 'arm', campaign);
    const run = async (values: readonly (string | null)[]): Promise<number> =>
      (await rowsOf(planDraft(draftOf([campaign], [keyOf(arm, values)], [])))).length;
    expect(await run(['gift', null])).toBe(2);
    expect(await run(['gift'])).toBe(1);
    expect(await run([null])).toBe(1);
  });
});

describe('a person over the bound of groups', () => {
  it('keeps as many as declared, for statistics of every kind alike', async () => {
    await loadTable(
      events,
      Array.from({ length: 12 }, (_, i) => ['1', `'c${i}'`, null, '1']),
    );
    const amount = columnOf('t0', 'amount', events);
    const statistics: readonly Statistic[] = [
      { kind: 'rows', when: null, upper: 20n },
      { kind: 'distinct', of: amount, upper: 20n },
      { kind: 'histogram', of: amount, bins: { ...bins, scale: 2 }, upper: 20n },
    ];
    const draft = draftOf([events], [keyOf(columnOf('t0', 'category', events))], statistics);
    const rows = await rowsOf({ ...planDraft(draft), minGroupSize: 0 });
    expect(rows.map((r) => r.slice(1))).toEqual([1, 2, 3].map(() => ['1', '1', '1', '15:1']));
  });
});
