// What counts a question, in facts that are the same on every machine: the path, the operators, what is read and how
// much memory it takes. A change that makes questions slower shows here before anybody's clock does.
import {
  chooseBounding,
  choosePath,
  chooseSelection,
  columnsNeeded,
  printAggregate,
  printPath,
  printSelection,
  printThreshold,
  printThresholdPath,
  type SelectionQuery,
  tableName,
} from '../../policies/index.ts';
import type { BenchQuestion } from '../questions/bench-questions.ts';
import { marketViews } from '../questions/market.ts';
import { intoSelected, type Planned, planBenchQuestion, SALT } from '../questions/protected-program.ts';
import { type BenchLayouts, layoutTable } from '../stored/bench-layouts.ts';
import type { BenchStore } from '../stored/bench-store.ts';
import { shardRanges } from '../stored/shard-ranges.ts';
import { profile, type StatementShape } from './plan-profile.ts';

/** More than one, so that parts are gathered. */
const SHARDS_COUNT = 2;
const MIB_BYTES = 1_048_576;
/** How much more memory a question may take than it did when its bound was written: allocations differ a little. */
const MEMORY_SLACK_FACTOR = 1.5;

/** What counts a question. */
export interface PlanShape {
  readonly name: string;
  readonly path: string;
  /** By table, as `table rows`. */
  readonly rows: readonly string[];
  /** Values that are read of stored columns, as chunks hold them. */
  readonly bytesRead: number;
  readonly peakBytes: number;
  /** A line each. */
  readonly operators: readonly string[];
}

/** Counts a question of the bench by the program that the planner chooses, and tells what it did. */
export async function shapeOf(store: BenchStore, layouts: BenchLayouts, question: BenchQuestion): Promise<PlanShape> {
  const planned = await planBenchQuestion(question);
  const { name } = question;
  const chosen = pathOf(planned, store, layouts);
  if (chosen !== null) return { name, path: chosen.kind, ...(await overLayouts(store, chosen.query)) };
  return { name, path: 'general', ...(await overTables(store, planned)) };
}

function pathOf(
  planned: Planned,
  { mostRows }: BenchStore,
  { stored }: BenchLayouts,
): { readonly kind: string; readonly query: SelectionQuery } | null {
  if (planned.mode === 'audience') {
    const path = chooseSelection(planned.selection, stored);
    return path && { kind: path.kind, query: printSelection(planned.selection, path) };
  }
  if (planned.mode === 'threshold') return printThresholdPath(planned.aggregate, mostRows, stored);
  const path = choosePath(planned.aggregate, mostRows, stored);
  const query = printPath(planned.aggregate, path);
  return query && { kind: path.kind, query };
}

/** The bound on memory that is written for a question. */
export function boundOf(peakBytes: number): number {
  return Math.ceil((MEMORY_SLACK_FACTOR * peakBytes) / MIB_BYTES);
}

/** A shape in lines; memory is a bound, and stands as `most` says while it is kept. */
export function printShape({ name, path, rows, bytesRead, peakBytes, operators }: PlanShape, most?: number): string {
  const isKept = most !== undefined && peakBytes <= most * MIB_BYTES;
  return [
    name,
    `  path: ${path}; bytes read: ${bytesRead}; memory, at most: ${isKept ? most : boundOf(peakBytes)} MiB`,
    `  rows: ${rows.join('; ')}`,
    ...operators.map((line) => `  ${line}`),
  ].join('\n');
}

type Counted = Omit<PlanShape, 'name' | 'path'>;

// As a worker does: a shard's columns are loaded, and all that is made of them is forgotten with it.
async function overLayouts({ engine }: BenchStore, { tables, steps, sql }: SelectionQuery): Promise<Counted> {
  const statements: StatementShape[] = [];
  const operators: string[] = [];
  const layouts = tables.flatMap((table) => (table.kind === 'layout' ? [table] : []));
  for (const [shard, { first, last }] of shardRanges(SHARDS_COUNT).entries()) {
    for (const { name, columns, isOver } of layouts) {
      if (isOver === true && shard > 0) continue;
      const read = columns.map((column) => `"${column}"`).join(', ');
      const within = isOver === true ? '' : ` WHERE "the person" BETWEEN ${first} AND ${last}`;
      await engine.run(`CREATE OR REPLACE TEMP TABLE "${name}" AS SELECT ${read} FROM ${layoutTable(name)}${within}`);
    }
    for (const { into, sql: select, keeps, isOver } of steps) {
      if (isOver === true && shard > 0) continue;
      const isMade = shard === 0 || keeps === 'shard';
      const head = isMade ? `CREATE OR REPLACE TEMP TABLE "${into}" AS` : `INSERT INTO "${into}"`;
      const shape = await profile(engine, `${head} ${select}`, [SALT]);
      statements.push(shape);
      if (shard === 0) operators.push(`${into}: ${shape.operators}`);
    }
  }
  const last = await profile(engine, sql, [SALT]);
  let bytesRead = 0;
  for (const { name, columns } of layouts) bytesRead += await bytesOf(engine, layoutTable(name), columns);
  for (const { name } of [...layouts, ...steps.map((s) => ({ name: s.into }))]) {
    await engine.run(`DROP TABLE IF EXISTS "${name}"`);
  }
  return { ...totalOf([...statements, last]), bytesRead, operators: [...operators, `at the end: ${last.operators}`] };
}

async function overTables({ engine, mostRows }: BenchStore, planned: Planned): Promise<Counted> {
  const sql = generalSql(planned, mostRows);
  const shape = await profile(engine, planned.mode === 'audience' ? intoSelected(sql) : sql, [SALT]);
  await engine.run('DROP TABLE IF EXISTS selected');
  let bytesRead = 0;
  for (const { name, columns } of columnsOf(planned, sql)) bytesRead += await bytesOf(engine, `"${name}"`, columns);
  return { ...totalOf([shape]), bytesRead, operators: [`all: ${shape.operators}`] };
}

function generalSql(planned: Planned, mostRows: BenchStore['mostRows']): string {
  if (planned.mode === 'audience') return planned.sql;
  if (planned.mode === 'threshold') return printThreshold(planned.aggregate, mostRows).sql;
  return printAggregate(planned.aggregate, 'value', chooseBounding(planned.aggregate, mostRows)).sql;
}

function columnsOf(
  planned: Planned,
  sql: string,
): readonly { readonly name: string; readonly columns: readonly string[] }[] {
  if (planned.mode !== 'audience') {
    return columnsNeeded(planned.aggregate).map(({ table, columns }) => ({ name: tableName(table.view), columns }));
  }
  return marketViews().map((view) => ({
    name: tableName(view),
    columns: view.columns.map((c) => c.name).filter((name) => sql.includes(`"${name}"`)),
  }));
}

function totalOf(statements: readonly StatementShape[]): Pick<Counted, 'rows' | 'peakBytes'> {
  const rows = new Map<string, number>();
  for (const { rowsOfTables } of statements) {
    for (const [table, count] of rowsOfTables) rows.set(table, (rows.get(table) ?? 0) + count);
  }
  return {
    rows: [...rows].map(([table, count]) => `${table} ${count}`).toSorted(),
    peakBytes: Math.max(...statements.map((s) => s.peakBytes)),
  };
}

/** Bytes of a value of a fixed width; a text is a code of two bytes, beside each text once. */
const WIDTHS: Readonly<Record<string, number>> = { UBIGINT: 8, BIGINT: 8, UINTEGER: 4, USMALLINT: 2 };
const CODE_BYTES = 2;
const DECIMAL_BYTES = 8;

async function bytesOf(engine: BenchStore['engine'], table: string, columns: readonly string[]): Promise<number> {
  const rows = await engine.number(`SELECT count(*) FROM ${table}`);
  let bytes = 0;
  for (const [column, type] of await engine.rows(`SELECT column_name, column_type FROM (DESCRIBE ${table})`)) {
    const name = String(column);
    if (!columns.includes(name)) continue;
    const said = String(type);
    const isText = said === 'VARCHAR' || said.startsWith('ENUM');
    bytes += rows * (isText ? CODE_BYTES : (WIDTHS[said] ?? DECIMAL_BYTES));
    if (isText) {
      bytes += await engine.number(
        `SELECT coalesce(sum(strlen(CAST(v AS VARCHAR))), 0) FROM (SELECT DISTINCT "${name}" AS v FROM ${table})`,
      );
    }
  }
  return bytes;
}
