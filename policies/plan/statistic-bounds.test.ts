// What one person changes of the exact bounded output, for statistics of every kind and bounds drawn at random, over
// data that breaks every declaration. Noise rests on it; it needs no statistics.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { rowsOf } from '../../test/support/run-plan.ts';
import { edgeValues, wide, wideRow } from '../../test/support/wide-table.ts';
import { RawGroups, type RawHistogram } from '../protect/raw-groups.ts';
import { contributionOf, treeLevels } from './contribution.ts';
import type { PlannedAggregate } from './protected-plan.ts';
import type { GroupKey, Statistic } from './question-tree.ts';

const isLong = process.env.GALLEY_LONG === '1';
const runCount = Number(process.env.GALLEY_RUNS ?? effortOf(12, 30, 2_000));

/** More rows than most bounds let count, so that every cut has something to cut. */
const often = { ...wide, rules: { ...wide.rules, rowsPerPerson: 6 } };
const of = (name: string) => columnOf('t0', name, wide);
const person = fc.constantFrom('1', '1', '2', null);
const values = fc.record(
  Object.fromEntries(Object.entries(edgeValues).map(([name, all]) => [name, fc.constantFrom(...all)])),
);
const data = fc.array(
  fc.tuple(person, values).map(([p, row]) => wideRow(p, row)),
  { minLength: 8, maxLength: 24 },
);

const small = fc.bigInt({ min: 0n, max: 9n });
const upper = fc.bigInt({ min: 1n, max: 7n });
const number = fc.constantFrom('n', 'm', 'd', 'x', 'flag');
const bounds = fc.tuple(fc.bigInt({ min: -60n, max: 5n }), fc.bigInt({ min: 6n, max: 90n }));

const statistic: fc.Arbitrary<Statistic> = fc.oneof(
  fc.constant({ kind: 'persons-where' as const, when: of('flag') }),
  fc.tuple(fc.constantFrom(null, of('flag')), upper).map(([when, u]) => ({ kind: 'rows' as const, when, upper: u })),
  fc.tuple(number, bounds, bounds, fc.boolean(), small).map(([name, row, total, isCut, scale]) => ({
    kind: 'sum' as const,
    of: of(name),
    scale: name === 'd' || name === 'x' ? Number(scale % 5n) : 0,
    row: isCut ? { lower: row[0], upper: row[1] } : null,
    lower: total[0],
    upper: total[1],
  })),
  fc.tuple(number, bounds, small, fc.bigInt({ min: 1n, max: 5_000n })).map(([name, row, centre, most]) => ({
    kind: 'squares' as const,
    of: of(name),
    scale: name === 'd' || name === 'x' ? 4 : 0,
    row: { lower: row[0], upper: row[1] },
    centre,
    upper: most,
  })),
  fc
    .tuple(fc.constantFrom(...Object.keys(edgeValues)), upper)
    .map(([name, most]) => ({ kind: 'distinct' as const, of: of(name), upper: most })),
  fc
    .tuple(fc.constantFrom('n', 'm', 'd', 'x', 'day', 'moment'), bounds, fc.constantFrom(16, 256), upper)
    .map(([name, [low, high], count, most]) => ({
      kind: 'histogram' as const,
      of: of(name),
      bins: { scale: name === 'd' || name === 'x' ? 2 : 0, lower: low, upper: high, count },
      upper: most,
    })),
);

const keys: fc.Arbitrary<readonly GroupKey[]> = fc.constantFrom<readonly GroupKey[]>(
  [],
  [keyOf(of('label'))],
  [keyOf(of('n'))],
  [keyOf(of('flag'), [true, null])],
  [keyOf(of('flag'), [true, false, null]), keyOf(of('m'), [0n, 1n, 2n])],
  [keyOf(of('m')), keyOf(of('flag'))],
);

const question = fc.record({ keys, statistics: fc.array(statistic, { minLength: 1, maxLength: 3 }) });

type Counted = ReadonlyMap<string, readonly (bigint | RawHistogram)[]>;

async function count(plan: PlannedAggregate): Promise<Counted> {
  const groups = RawGroups.open(RawGroups.read(plan, await rowsOf(plan)));
  return new Map(groups.map((g) => [g.keys.map(String).join('\u0000'), g.statistics]));
}

/** Changes of one statistic in one group; of a histogram, of every node that changes. */
function changesOf(statistic: Statistic, before?: bigint | RawHistogram, after?: bigint | RawHistogram): bigint[] {
  if (statistic.kind !== 'histogram') return [BigInt((before ?? 0n) as bigint) - BigInt((after ?? 0n) as bigint)];
  const changes = new Map<string, bigint>();
  const add = (histogram: RawHistogram, sign: bigint): void => {
    for (const [bin, n] of histogram) {
      for (let level = 0; level < treeLevels(statistic.bins); level += 1) {
        const node = `${level}/${Math.floor(bin / 16 ** level)}`;
        changes.set(node, (changes.get(node) ?? 0n) + sign * n);
      }
    }
  };
  add((before ?? new Map()) as RawHistogram, 1n);
  add((after ?? new Map()) as RawHistogram, -1n);
  return [...changes.values()];
}

function assertBounded(plan: PlannedAggregate, before: Counted, after: Counted): void {
  const { linf, squaredL2, maxGroupsPerPerson } = contributionOf(plan);
  const groups = [...new Set([...before.keys(), ...after.keys()])];
  let reached = 0;
  const all = groups.map((group) => {
    const [b, a] = [before.get(group), after.get(group)];
    const changes = plan.statistics.map((s, i) => changesOf(s, b?.[i], a?.[i]));
    if (changes.flat().some((c) => c !== 0n)) reached += 1;
    return changes;
  });
  expect(reached).toBeLessThanOrEqual(maxGroupsPerPerson);
  for (const [i, s] of plan.statistics.entries()) {
    const changes = all.flatMap((group) => group[i] ?? []);
    const largest = changes.reduce((most, c) => (c * c > most * most ? (c < 0n ? -c : c) : most), 0n);
    expect(largest, s.kind).toBeLessThanOrEqual(linf[i] ?? -1n);
    expect(
      changes.reduce((sum, c) => sum + c * c, 0n),
      s.kind,
    ).toBeLessThanOrEqual(squaredL2[i] ?? -1n);
  }
}

describe('one person', () => {
  it(
    `changes no statistic by more than the noise reckons with, and none fails on any row (seed ${runSeed})`,
    async () => {
      const compare = async (
        rows: typeof data extends fc.Arbitrary<infer T> ? T : never,
        asked: readonly (typeof question extends fc.Arbitrary<infer T> ? T : never)[],
      ): Promise<void> => {
        await loadTable(wide, rows);
        const plans = asked.map((q) => {
          const draft = draftOf([often], q.keys, q.statistics);
          // Of histograms the planner asks for fewer rows.
          return { ...planDraft(draft), statistics: draft.statistics, minGroupSize: 0 };
        });
        const before = [];
        for (const plan of plans) before.push(await count(plan));
        await runSql('DELETE FROM "market.wide" WHERE email = 1');
        for (const [i, plan] of plans.entries()) assertBounded(plan, before[i] ?? new Map(), await count(plan));
      };
      const questions = fc.array(question, { minLength: 4, maxLength: 4 });
      await fc.assert(fc.asyncProperty(data, questions, compare), {
        numRuns: runCount,
        seed: runSeed,
        endOnFailure: true,
      });
    },
    isLong ? 3_600_000 : 120_000,
  );
});
