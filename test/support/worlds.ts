import type { TableView } from '../../policies/index.ts';
import { type Cell, type PlannedAggregate, planQuestion, protect, RawGroups } from '../../policies/index.ts';
import { loadTable, type TestRows } from './load-table.ts';
import { assertAllows } from './policy-assertions.ts';
import { rowsOf, systemBits } from './run-plan.ts';
import { tables as testTables } from './tables.ts';

/** Tables with the rows they hold. */
export type Contents = readonly (readonly [TableView, TestRows])[];

/** The budget that questions of games are planned with, and the rules they are checked against. */
export interface WorldOptions {
  readonly epsilon?: number;
  readonly delta?: number;
  readonly tables?: readonly TableView[];
}

/** A question over one world. The engine counts once, as no count depends on chance; every look draws its own noise. */
export interface World {
  readonly aggregate: PlannedAggregate;
  /** Exact and bounded: what nobody sees. */
  readonly exact: readonly (readonly Cell[])[];
  /** One release: its rows with the ends of their intervals. */
  readonly look: () => readonly (readonly Cell[])[];
}

/** Plans a question for games, which may go over the epsilon that rules permit: that shows that a game can be won. */
export async function planWorld(sql: string, options: WorldOptions = {}): Promise<PlannedAggregate> {
  const { epsilon = 1, delta = 1e-6, tables = testTables } = options;
  const [aggregate] = planQuestion(await assertAllows(sql, { tables }), { epsilon, delta }).aggregates;
  if (aggregate === undefined) throw new Error('a question without an aggregation');
  return aggregate;
}

/** Loads tables, counts a question over them, and lets it be looked at. */
export async function worldOf(sql: string, contents: Contents, options: WorldOptions = {}): Promise<World> {
  for (const [view, rows] of contents) await loadTable(view, rows);
  const aggregate = await planWorld(sql, options);
  const exact = await rowsOf(aggregate);
  return { aggregate, exact, look: () => lookAt(aggregate, exact) };
}

/** One release of exact counts. */
export function lookAt(aggregate: PlannedAggregate, exact: readonly (readonly Cell[])[]): readonly (readonly Cell[])[] {
  return protect(aggregate, RawGroups.read(aggregate, exact), systemBits).rows;
}

/** The first number of the first row; NaN when nothing was released. */
export function firstNumber(rows: readonly (readonly Cell[])[], column = 0): number {
  return Number(rows[0]?.[column] ?? Number.NaN);
}

/** That many persons of the outcomes, all alike: visited, spent 10, zip `94100`. The first has the number `from`. */
export function crowd(count: number, from = 0): TestRows {
  return Array.from({ length: count }, (_, i) => [String(from + i), '1', '10', "'94100'", null]);
}
