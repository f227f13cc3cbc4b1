import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, planDraft } from '../../test/support/drafts.ts';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { outcomes } from '../../test/support/tables.ts';
import type { Bins, ReleasedMeasure } from '../plan/question-tree.ts';
import { NoisyTree } from './noisy-tree.ts';
import { protect, releaseColumns } from './protect.ts';
import { estimateQuantile } from './quantile.ts';
import { type Cell, RawGroups } from './raw-groups.ts';

const seed = Number(process.env.GALLEY_SEED ?? 20_111_111);

/** The bin of a value, as the engine reckons it. */
function binOf(value: bigint, { lower, upper, count }: Bins): number {
  const within = value < lower ? lower : value >= upper ? upper - 1n : value;
  return Number(((within - lower) * BigInt(count)) / (upper - lower));
}

function histogramOf(values: readonly bigint[], bins: Bins): Map<number, bigint> {
  const counts = new Map<number, bigint>();
  for (const value of values) {
    const bin = binOf(value, bins);
    counts.set(bin, (counts.get(bin) ?? 0n) + 1n);
  }
  return new Map([...counts].toSorted(([a], [b]) => a - b));
}

/** The least value with at least the share `rank` of all at or below it. */
function trueQuantile(values: readonly bigint[], rank: number): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.max(1, Math.ceil(rank * sorted.length - 1e-9)) - 1] ?? -1n;
}

function exactly(values: readonly bigint[], bins: Bins, rank: number): readonly bigint[] | null {
  return estimateQuantile(new NoisyTree(histogramOf(values, bins), bins, () => 0n), bins, rank, 0);
}

describe('a quantile without noise', () => {
  const bins = { scale: 0, lower: 0n, upper: 201n, count: 256 };
  const values = Array.from({ length: 400 }, (_, i) => BigInt((i * i) % 201));

  it.each([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])(
    'at %d is the value itself where bins are no wider than a unit',
    (rank) => {
      const truth = trueQuantile(values, rank);
      expect(exactly(values, bins, rank)).toEqual([truth, truth, truth]);
    },
  );

  it('lies within its bin where bins are wider, and so does its interval', () => {
    const wide = { ...bins, upper: 1_600n, count: 16 };
    const spread = Array.from({ length: 100 }, (_, i) => BigInt(i));
    expect(exactly(spread, wide, 0.5)).toEqual([49n, 0n, 99n]);
    expect(exactly([1_600n], wide, 0.5)).toEqual([1_550n, 1_500n, 1_599n]);
  });

  it('is cut to the ends of the bins, and is NULL where there are no rows', () => {
    expect(exactly([-9n, -9n, 300n], bins, 0.5)).toEqual([0n, 0n, 0n]);
    expect(exactly([-9n, 300n, 300n], bins, 0.5)).toEqual([200n, 200n, 200n]);
    expect(exactly([], bins, 0.5)).toBe(null);
  });
});

describe('a quantile under noise', () => {
  it('takes a node, which is counted once more, for better known than its children together', () => {
    const bins = { scale: 0, lower: 0n, upper: 256n, count: 256 };
    const values = Array.from({ length: 160 }, (_, i) => BigInt(i % 16));
    // The first sixteen are nodes above, counted rightly; of each value ten are counted too many.
    let drawn = 0;
    const noise = (): bigint => {
      drawn += 1;
      return drawn <= 16 ? 0n : 10n;
    };
    const tree = new NoisyTree(histogramOf(values, bins), bins, noise);
    expect(estimateQuantile(tree, bins, 0.5, 1)?.[0]).toBe(trueQuantile(values, 0.5));
  });
});

describe('a released quantile', () => {
  const types = [
    [{ kind: 'integer' }, 'integer', 12n],
    [{ kind: 'decimal', scale: 2 }, 'double', 0.12],
    [{ kind: 'double' }, 'double', 0.12],
    [{ kind: 'date' }, 'date', 12n],
    [{ kind: 'timestamp' }, 'timestamp', 12n],
  ] as const;

  it.each(types)('of $0.kind comes back in its unit', (type, kind, cell) => {
    const scale = kind === 'double' ? 2 : 0;
    const bins = { scale, lower: 0n, upper: 256n, count: 256 };
    const measure: ReleasedMeasure = { kind: 'quantile', statistic: 1, rank: 0.5, type };
    const statistic = { kind: 'histogram' as const, of: columnOf('t0', 'spend', outcomes), bins, upper: 1n };
    const plan = planDraft(draftOf([outcomes], [], [statistic], [measure]), 1e40);
    expect(releaseColumns(plan).map((c) => c.kind)).toEqual([kind, kind, kind]);
    const { rows } = protect(plan, RawGroups.read(plan, [['90', '12:90']]), seededBits(seed));
    expect(rows).toEqual([[cell, cell, cell]]);
  });
});

/** Releases of each case, and the share of their intervals that must hold the truth: five standard errors below. */
const TRIALS = process.env.GALLEY_LONG === '1' ? 4_000 : 1_000;
const LEAST_SHARE_RATIO = 0.95 - 5 * Math.sqrt((0.95 * 0.05) / TRIALS);

describe(`95 % intervals of quantiles (seed ${seed})`, () => {
  const shapes: Readonly<Record<string, (i: number) => bigint>> = {
    even: (i) => BigInt((i * 7_919) % 50_001),
    'close to zero': (i) => BigInt(Math.floor(50_000 * (((i * 7_919) % 1_000) / 1_000) ** 6)),
    'of two values': (i) => (i % 3 === 0 ? 100n : 40_000n),
  };
  const cases = Object.keys(shapes).flatMap((shape) =>
    [16, 4_096].flatMap((count) => [0.05, 0.5].map((rank) => [shape, count, rank] as const)),
  );

  it.each(cases)('hold the truth that often: %s, %d bins, rank %d', (shape, count, rank) => {
    const bins = { scale: 2, lower: 0n, upper: 50_000n, count };
    const values = Array.from({ length: 600 }, (_, i) => (shapes[shape] as (i: number) => bigint)(i));
    const truth = Number(trueQuantile(values, rank)) / 100;
    const measure: ReleasedMeasure = { kind: 'quantile', statistic: 1, rank, type: { kind: 'decimal', scale: 2 } };
    const statistic = { kind: 'histogram' as const, of: columnOf('t0', 'spend', outcomes), bins, upper: 1n };
    const plan = { ...planDraft(draftOf([outcomes], [], [statistic], [measure])), releaseThreshold: -(1n << 60n) };
    const text = [...histogramOf(values, bins)].map(([bin, n]) => `${bin}:${n}`).join(',');
    const raw = RawGroups.read(plan, [['600', text]]);
    const bits = seededBits(seed + count);
    let [held, ordered] = [0, 0];
    for (let i = 0; i < TRIALS; i += 1) {
      const [[value, low, high] = []] = protect(plan, raw, bits).rows as readonly (readonly Cell[])[];
      if (Number(low) <= truth && truth <= Number(high)) held += 1;
      if (Number(low) <= Number(value) && Number(value) <= Number(high)) ordered += 1;
    }
    expect(held / TRIALS).toBeGreaterThan(LEAST_SHARE_RATIO);
    expect(ordered).toBe(TRIALS);
  });
});
