import {
  type Cell,
  canonicalText,
  checkAudience,
  checkQuestion,
  chooseBounding,
  isThreshold,
  type MostRows,
  type PlannedAggregate,
  planQuestion,
  planThreshold,
  printAggregate,
  printPersons,
  printThreshold,
  protect,
  protectThreshold,
  RawGroups,
  RawThresholdGroups,
  type Release,
  type Selection,
  type TableView,
  type ThresholdAggregate,
} from '../../policies/index.ts';
import { readSql } from '../../test/support/engine.ts';
import { type BenchEngine, IN_MEMORY } from '../measure/bench-engine.ts';
import { systemBits } from '../measure/system-bits.ts';
import type { BenchStore } from '../stored/bench-store.ts';
import type { BenchQuestion } from './bench-questions.ts';
import { marketViews } from './market.ts';

/** Decides what of a person over a bound is kept; any number does. */
export const SALT = 20_111_111n;
const EPSILON = 1;
const DELTA = 1e-6;

/** What a question becomes. */
export type Planned =
  | { readonly mode: 'private'; readonly aggregate: PlannedAggregate }
  | { readonly mode: 'threshold'; readonly aggregate: ThresholdAggregate }
  | { readonly mode: 'audience'; readonly sql: string; readonly selection: Selection };

/** One of the programs that count a question. */
export interface ProtectedProgram {
  readonly path: string;
  /** Counts and protects: what leaves. */
  readonly run: () => Promise<Release | null>;
  /** Raw groups, to be compared with those of another program. */
  readonly count: () => Promise<readonly (readonly Cell[])[]>;
}

/** Plans a question of the bench as the service does. */
export function planBenchQuestion({ mode, sql }: BenchQuestion): Promise<Planned> {
  return planSql(sql, marketViews(), mode);
}

/** Plans SQL over tables. */
export async function planSql(sql: string, views: readonly TableView[], mode: BenchQuestion['mode']): Promise<Planned> {
  const parsed = await readSql(sql);
  if (!parsed.ok) throw new Error(canonicalText(parsed.violations));
  if (mode === 'audience') {
    const checked = checkAudience(parsed.value, views);
    if (!checked.ok) throw new Error(canonicalText(checked.violations));
    return { mode, sql: printPersons(checked.value).sql, selection: checked.value };
  }
  const checked = checkQuestion(parsed.value, views, { epsilon: EPSILON, omitIntervals: false, mode });
  if (!checked.ok) throw new Error(canonicalText(checked.violations));
  const plan =
    mode === 'threshold'
      ? planThreshold(checked.value)
      : planQuestion(checked.value, { epsilon: EPSILON, delta: DELTA });
  const [aggregate] = plan.aggregates;
  if (aggregate === undefined) throw new Error('the question has no aggregation');
  return isThreshold(aggregate) ? { mode: 'threshold', aggregate } : { mode: 'private', aggregate };
}

/** The general program, over tables as uploads leave them. */
export function generalProgram(planned: Planned, { engine, mostRows }: BenchStore): ProtectedProgram {
  return generalOver(planned, engine, mostRows);
}

/** The general program over the tables of an engine. */
export function generalOver(planned: Planned, engine: BenchEngine, mostRows: MostRows): ProtectedProgram {
  const path = 'general';
  if (planned.mode === 'audience') return ofAudience(path, engine, () => engine.run(intoSelected(planned.sql), [SALT]));
  const sql =
    planned.mode === 'threshold'
      ? printThreshold(planned.aggregate, mostRows).sql
      : printAggregate(planned.aggregate, 'value', chooseBounding(planned.aggregate, mostRows)).sql;
  return ofGroups(path, planned, async () => cellsOf(await engine.rows(sql, [SALT])));
}

/** A program that counts groups and protects them. */
export function ofGroups(
  path: string,
  planned: Exclude<Planned, { mode: 'audience' }>,
  count: ProtectedProgram['count'],
): ProtectedProgram {
  const run = async (): Promise<Release> => {
    const rows = await count();
    if (planned.mode === 'private') {
      return protect(planned.aggregate, RawGroups.read(planned.aggregate, rows), systemBits);
    }
    return protectThreshold(planned.aggregate, RawThresholdGroups.read(planned.aggregate, rows, []));
  };
  return { path, run, count };
}

/** A program whose persons stay in the engine, in the table `selected`. */
export function ofAudience(path: string, engine: BenchEngine, select: () => Promise<void>): ProtectedProgram {
  const count = async () => {
    await select();
    return cellsOf(
      await engine.rows(`SELECT count(*), CAST(sum(hash(person)) AS VARCHAR) FROM ${IN_MEMORY}.main.selected`),
    );
  };
  return {
    path,
    run: async () => {
      await select();
      return null;
    },
    count,
  };
}

/** Puts the persons of a query aside, as a worker does before it sends them: on both sides alike. */
export function intoSelected(sql: string): string {
  return `CREATE OR REPLACE TABLE ${IN_MEMORY}.main.selected AS ${sql}`;
}

/** Values as the wall's output gate lets them through. */
export function cellsOf(rows: readonly (readonly unknown[])[]): readonly (readonly Cell[])[] {
  return rows.map((row) => row.map((value) => (isCell(value) ? value : String(value))));
}

function isCell(value: unknown): value is Cell {
  return value === null || ['string', 'bigint', 'boolean', 'number'].includes(typeof value);
}
