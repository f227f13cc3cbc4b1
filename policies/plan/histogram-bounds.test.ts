// Every way in which the rows of one person can fall, through the engine: what leaves with that person is held against the
// bound that noise is made for, which is reached, so that noise for one less would be too little.
import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { rowsOf } from '../../test/support/run-plan.ts';
import { events } from '../../test/support/tables.ts';
import { RawGroups, type RawHistogram } from '../protect/raw-groups.ts';
import { contributionOf, TREE_FAN_OUT } from './contribution.ts';
import type { PlannedAggregate } from './protected-plan.ts';

const GROUPS = ['a', 'b', 'c'];
/** Two bins below one node of the tree, so that rows meet there again. */
const AMOUNTS = ['0.03', '0.05'];
const MOST_ROWS = 4;
/** One in so many persons is asked for alone too. */
const ALONE_STEP = 13;
const BINS = { scale: 2, lower: 0n, upper: 256n, count: 256 };

type Row = readonly [group: string, amount: string];

/** Every multiset of at most so many rows. */
function* allRows(most: number, cells: readonly Row[]): Generator<readonly Row[]> {
  yield [];
  if (most === 0) return;
  for (const [index, cell] of cells.entries()) {
    for (const more of allRows(most - 1, cells.slice(index))) yield [cell, ...more];
  }
}

const cells = GROUPS.flatMap((group) => AMOUNTS.map((amount): Row => [group, amount]));
/** One row more than is declared too, which the engine must cut. */
const persons = [...allRows(MOST_ROWS + 1, cells)];

function planOf(rows: number, groups: number, upper: bigint): PlannedAggregate {
  const view = { ...events, rules: { ...events.rules, rowsPerPerson: rows, maxGroupsPerPerson: groups } };
  const histogram = { kind: 'histogram' as const, of: columnOf('t0', 'amount', events), bins: BINS, upper };
  const draft = draftOf([view], [keyOf(columnOf('t0', 'category', events))], [histogram]);
  // The planner may ask for fewer rows than the test does.
  return { ...planDraft(draft), statistics: draft.statistics, minGroupSize: 0 };
}

/** What each person brings, each in groups of its own names, so that all persons are asked for at once. */
async function broughtByEach(plan: PlannedAggregate): Promise<readonly (readonly RawHistogram[])[]> {
  const brought: RawHistogram[][] = persons.map(() => []);
  for (const { keys, statistics } of RawGroups.open(RawGroups.read(plan, await rowsOf(plan)))) {
    brought[Number.parseInt(String(keys[0]), 10)]?.push(statistics[1] as RawHistogram);
  }
  return brought;
}

/** The same of a person in a table that holds nobody else. */
async function broughtAlone(plan: PlannedAggregate, person: number): Promise<readonly RawHistogram[] | undefined> {
  await runSql(`CREATE OR REPLACE TABLE "market.events" AS FROM everybody WHERE email = ${person}`);
  return (await broughtByEach(plan))[person];
}

/** Histograms to compare, whatever the order of groups and bins. */
function bins(histograms: readonly RawHistogram[] = []): readonly string[] {
  return histograms.map((histogram) => [...histogram].map(String).toSorted().join(' ')).toSorted();
}

/** The sum of squares over all nodes of the trees. */
function squaredOf(histograms: readonly RawHistogram[]): bigint {
  const nodes = histograms.flatMap((histogram) =>
    [1, TREE_FAN_OUT].flatMap((width) => {
      const level = new Map<number, bigint>();
      for (const [bin, n] of histogram) {
        const node = Math.floor(bin / width);
        level.set(node, (level.get(node) ?? 0n) + n);
      }
      return [...level.values()];
    }),
  );
  return nodes.reduce((sum, n) => sum + n * n, 0n);
}

describe('a person in a histogram, with its rows in every way there is', () => {
  it.each([
    [4, 2, 1n],
    [4, 3, 1n],
    [4, 2, 2n],
    [4, 3, 2n],
    [3, 2, 2n],
    [4, 2, 3n],
    [4, 3, 4n],
  ])(
    'of at most %d rows in %d groups, %d a group, changes as much as is reckoned with, and no more',
    async (rows, groups, upper) => {
      const plan = planOf(rows, groups, upper);
      const all = persons.flatMap((of, person) => of.map(([g, a]) => [String(person), `'${person} ${g}'`, null, a]));
      await loadTable(events, all);
      await runSql('CREATE OR REPLACE TABLE everybody AS FROM "market.events"');
      const { squaredL2, linf } = contributionOf(plan);
      let [most, largest] = [0n, 0n];
      const brought = await broughtByEach(plan);
      for (const histograms of brought) {
        expect(histograms.length).toBeLessThanOrEqual(groups);
        const squared = squaredOf(histograms);
        if (squared > most) most = squared;
        for (const n of histograms.flatMap((h) => [...h.values()])) if (n > largest) largest = n;
      }
      expect([largest, most]).toEqual([linf[1], squaredL2[1]]);
      // What the others bring makes no difference to it, or what is asked for at once would show nothing.
      for (let person = ALONE_STEP - 1; person < persons.length; person += ALONE_STEP) {
        expect(bins(await broughtAlone(plan, person))).toEqual(bins(brought[person]));
      }
      await runSql('DROP TABLE everybody');
    },
  );
});
