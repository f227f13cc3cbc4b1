import { expect } from 'vitest';
import { type Cell, type PlannedAggregate, planQuestion, type TableView, varianceOf } from '../../policies/index.ts';
import { loadTable, type TestRows } from './load-table.ts';
import { assertAllows, verdictOn } from './policy-assertions.ts';
import { rowsOf } from './run-plan.ts';
import type { Contents } from './worlds.ts';

/** What must become of a question: it breaks a rule, or it runs and one person costs no more than is charged. */
export type Fate = 'refused' | 'bounded';

/** A neighbouring world: the tables, and the person who is in them or not. */
export interface Neighbours {
  readonly contents: Contents;
  readonly victim: string;
  readonly tables: readonly TableView[];
}

/** Asserts what becomes of a question. For one that runs, whatever else it does: the loss of the victim is bounded. */
export async function expectFate(sql: string, fate: Fate, neighbours: Neighbours): Promise<void> {
  const violations = await verdictOn(sql, { tables: neighbours.tables });
  const found = violations.map((v) => `${v.rule}: ${v.message}`).join('\n');
  expect(violations.length > 0 ? 'refused' : 'bounded', `${sql}\n${found}`).toBe(fate);
  if (fate === 'refused') return;
  const query = await assertAllows(sql, { tables: neighbours.tables });
  for (const aggregate of planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates) {
    // Without the exact test of the group size: every group is compared, the smallest too.
    const open = { ...aggregate, minGroupSize: 0 };
    const present = await rowsIn(open, neighbours, () => true);
    const absent = await rowsIn(open, neighbours, (row) => row[0] !== neighbours.victim);
    const loss = lossBetween(open, present, absent);
    expect(loss, `${sql}: one person costs more than is charged`).toBeLessThanOrEqual(open.charge.rho * (1 + 1e-9));
  }
}

type Rows = readonly (readonly Cell[])[];
type Groups = ReadonlyMap<string, readonly bigint[]>;

async function rowsIn(
  aggregate: PlannedAggregate,
  { contents }: Neighbours,
  isKept: (row: TestRows[number]) => boolean,
): Promise<Rows> {
  for (const [view, rows] of contents) await loadTable(view, view.rules.identity === '' ? rows : rows.filter(isKept));
  return await rowsOf(aggregate);
}

function groupsOf(aggregate: PlannedAggregate, rows: Rows): Groups {
  const width = aggregate.keys.length;
  return new Map(rows.map((row) => [JSON.stringify(row.slice(0, width), asText), row.slice(width).map(wholeOf)]));
}

const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** A statistic that is one whole number; of another shape, such as a histogram, none is compared here. */
function wholeOf(cell: Cell): bigint {
  return /^-?\d+$/.test(String(cell)) ? BigInt(String(cell)) : 0n;
}

/**
 * What one person costs in zero-concentrated privacy, by the exact rows of two worlds: half of each squared change over
 * the variance of its noise. Rows that the exact test of the group size would hold back must be among them.
 */
export function lossBetween(aggregate: PlannedAggregate, presentRows: Rows, absentRows: Rows): number {
  const [present, absent] = [groupsOf(aggregate, presentRows), groupsOf(aggregate, absentRows)];
  let loss = 0;
  for (const key of new Set([...present.keys(), ...absent.keys()])) {
    for (const [i, noise] of aggregate.noise.entries()) {
      const change = Number((present.get(key)?.[i] ?? 0n) - (absent.get(key)?.[i] ?? 0n));
      loss += change ** 2 / (2 * varianceOf(noise));
    }
  }
  return loss;
}
