// The strongest test of all: whatever the data and the question, one person changes the exact bounded output by no
// more than the plan says. Noise, price and threshold rest on it, and it needs no statistics.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { type RandomData, randomData, randomQuestion } from '../../test/support/random-questions.ts';
import { rowsOf } from '../../test/support/run-plan.ts';
import { campaign, events, outcomes, tables } from '../../test/support/tables.ts';
import { tally } from '../../test/support/tally.ts';
import { wide } from '../../test/support/wide-table.ts';
import { contributionOf } from './contribution.ts';
import { varianceOf } from './noise-variance.ts';
import { type PlannedAggregate, planQuestion } from './protected-plan.ts';

const all = [...tables, wide];
const isLong = process.env.GALLEY_LONG === '1';
/** Data sets drawn; each answers several questions, each about several persons. */
const runCount = Number(process.env.GALLEY_RUNS ?? effortOf(10, 25, 1_500));
const limits = { numRuns: runCount, seed: runSeed, endOnFailure: true };

async function load(data: RandomData): Promise<void> {
  for (const view of all) await loadTable(view, []);
  await loadTable(wide, data.wide);
  await loadTable(events, data.events);
  await loadTable(outcomes, data.outcomes);
  await loadTable(campaign, data.campaign);
}

async function remove(person: number): Promise<void> {
  const people = all.filter((view) => view.columns.some((c) => c.name === 'email'));
  for (const view of people) await runSql(`DELETE FROM "${view.member}.${view.alias}" WHERE email = ${person}`);
}

async function aggregateOf(sql: string): Promise<PlannedAggregate> {
  const query = await assertAllows(sql, { tables: all });
  const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) return expect.fail('a question without an aggregation');
  // Without the exact test of the group size: every group is compared, the smallest too.
  return { ...aggregate, minGroupSize: 0 };
}

async function groupsOf(aggregate: PlannedAggregate): Promise<ReadonlyMap<string, readonly bigint[]>> {
  const rows = await rowsOf(aggregate);
  const width = aggregate.keys.length;
  return new Map(
    rows.map((row) => [
      row.slice(0, width).map(String).join('\u0000'),
      row.slice(width).map((cell) => BigInt(String(cell ?? 0))),
    ]),
  );
}

function assertBounded(
  sql: string,
  aggregate: PlannedAggregate,
  before: ReadonlyMap<string, readonly bigint[]>,
  after: ReadonlyMap<string, readonly bigint[]>,
): void {
  const { linf, squaredL2, maxGroupsPerPerson } = contributionOf(aggregate);
  const changes = [...new Set([...before.keys(), ...after.keys()])].map((key) =>
    linf.map((_, i) => (before.get(key)?.[i] ?? 0n) - (after.get(key)?.[i] ?? 0n)),
  );
  const changed = changes.filter((group) => group.some((change) => change !== 0n));
  expect(changed.length, `${sql}: groups changed`).toBeLessThanOrEqual(maxGroupsPerPerson);
  for (const [i, bound] of linf.entries()) {
    const sizes = changed.map((group) => group[i] ?? 0n).map((change) => (change < 0n ? -change : change));
    expect(
      sizes.filter((size) => size > bound),
      `${sql}: statistic ${i}`,
    ).toEqual([]);
    const squared = sizes.reduce((sum, size) => sum + size * size, 0n);
    expect(squared, `${sql}: statistic ${i}, L2`).toBeLessThanOrEqual(squaredL2[i] ?? -1n);
  }
}

describe('one person', () => {
  it(
    `changes no more of the bounded output than declared, and never makes the engine fail (seed ${runSeed})`,
    async () => {
      const questions = fc.array(randomQuestion, { minLength: 4, maxLength: 4 });
      let comparedCount = 0;
      const compare = async (data: RandomData, asked: readonly string[]): Promise<void> => {
        for (const victim of [1, 2]) {
          await load(data);
          const plans = await Promise.all(asked.map(aggregateOf));
          const before = [];
          for (const plan of plans) before.push(await groupsOf(plan));
          await remove(victim);
          for (const [i, plan] of plans.entries()) {
            assertBounded(asked[i] ?? '', plan, before[i] ?? new Map(), await groupsOf(plan));
            comparedCount += 1;
          }
        }
      };
      await fc.assert(fc.asyncProperty(randomData, questions, compare), limits);
      tally('boundingCases', comparedCount);
    },
    isLong ? 3_600_000 : 120_000,
  );

  it('costs no more than the charge, whatever the question', async () => {
    const isPaid = async (sql: string): Promise<void> => {
      const aggregate = await aggregateOf(sql);
      const loss = contributionOf(aggregate).squaredL2.reduce((sum, squared, i) => {
        const variance = aggregate.noise[i];
        return sum + (variance ? Number(squared) / (2 * varianceOf(variance)) : Infinity);
      }, 0);
      expect(loss, sql).toBeLessThanOrEqual(aggregate.charge.rho);
    };
    await fc.assert(fc.asyncProperty(randomQuestion, isPaid), { ...limits, numRuns: effortOf(60, 300, 300) });
  });
});
