import {
  LAYOUT_COLUMNS,
  type LayoutColumn,
  type LayoutSpec,
  layoutName,
  type PathTable,
  type PrintedLayout,
  printLayout,
  type SelectionQuery,
  type StoredLayout,
  tableName,
} from '../../policies/index.ts';
import { runSql } from './engine.ts';
import { runnable } from './scoring.ts';

/** First and last person of a shard. */
export type PersonRange = readonly [bigint, bigint];

const LAST_PERSON = (1n << 64n) - 1n;
const ALL_PERSONS: PersonRange = [0n, LAST_PERSON];
/** A longer text is in no dictionary. */
const MAX_CODED_CHARACTERS = 250;

/** So many ranges of persons, which together are all there can be; the persons of tests have small numbers. */
export function rangesOf(count: number): readonly PersonRange[] {
  const width = count <= 2 ? 4n : 1n;
  return Array.from({ length: count }, (_, index) => {
    const first = BigInt(index) * width;
    return [first, index === count - 1 ? LAST_PERSON : first + width - 1n];
  });
}

/**
 * Makes layouts in the engine as a service does: range by range, from tables whose texts are codes where a dictionary is
 * small enough. The tables are then as they were.
 *
 * @returns what is stored
 */
export async function storeLayouts(
  specs: readonly LayoutSpec[],
  salt: bigint,
  ranges: readonly PersonRange[] = rangesOf(2),
): Promise<readonly StoredLayout[]> {
  const views = new Map(
    specs
      .flatMap(({ base }) => [base.table, ...(base.matched === null ? [] : [base.matched])])
      .map((v) => [tableName(v), v]),
  );
  const coded: (readonly [string, string])[] = [];
  const texts = new Map<string, Set<string>>();
  for (const [name, { columns }] of views) {
    for (const column of columns) {
      if (column.type.kind !== 'text') continue;
      if (await encode(`"${name}"`, column.name)) coded.push([name, column.name]);
      else texts.set(name, (texts.get(name) ?? new Set()).add(column.name));
    }
  }
  const layouts = specs.map((spec) => ({ spec, ...printLayout(spec, texts.get(tableName(spec.base.table))) }));
  // Range by range: layouts of the same tables have steps in common.
  const steps = [...new Map(layouts.flatMap((l) => l.steps.map((step) => [step.into, step]))).values()];
  for (const [index, [first, last]] of ranges.entries()) {
    await runSteps(steps, [salt, first, last]);
    for (const layout of layouts) await storeRange(layout, [salt, first, last], index === 0);
  }
  const stored: StoredLayout[] = [];
  for (const { spec, name, columns } of layouts) stored.push({ spec, codes: await codesIn(wholeTable(name), columns) });
  for (const [name, column] of coded) await runSql(`ALTER TABLE "${name}" ALTER "${column}" TYPE VARCHAR`);
  return stored;
}

async function storeRange(
  { name, sql, columns }: PrintedLayout,
  parameters: readonly bigint[],
  isFirst: boolean,
): Promise<void> {
  const table = wholeTable(name);
  const into = isFirst ? `CREATE OR REPLACE TABLE ${table} AS` : `INSERT INTO ${table}`;
  await runSql(`${into} ${await countedOn(sql, columns, isFirst ? null : table)}`, parametersOf(sql, parameters));
}

async function codesIn(table: string, columns: readonly LayoutColumn[]): Promise<ReadonlySet<string>> {
  const types = await runSql(`SELECT column_name, column_type FROM (DESCRIBE ${table})`);
  const codes = types.filter(([, type]) => String(type).startsWith('ENUM')).map(([column]) => String(column));
  const isDeclared = (name: string): boolean => columns.some((c) => c.name === name && c.type.kind === 'code');
  if (!codes.every(isDeclared)) throw new Error('only columns of codes are held as codes');
  return new Set(codes);
}

/** Makes the tables that the statement of a layout reads. */
export async function runSteps(steps: PrintedLayout['steps'], parameters: readonly bigint[]): Promise<void> {
  for (const { into, sql } of steps) {
    await runSql(`CREATE OR REPLACE TABLE "${into}" AS ${sql}`, parametersOf(sql, parameters));
  }
}

/** Those that a statement names: the engine takes no more. */
function parametersOf(sql: string, parameters: readonly bigint[]): readonly bigint[] {
  return parameters.filter((_, index) => sql.includes(`$${index + 1}`));
}

/** A range counts its persons and pairs from 0; those of a layout are counted on from range to range. */
async function countedOn(sql: string, columns: readonly LayoutColumn[], table: string | null): Promise<string> {
  if (table === null) return sql;
  const counted: readonly string[] = [LAYOUT_COLUMNS.ordinal, LAYOUT_COLUMNS.pair];
  const names = columns.map((c) => c.name).filter((name) => counted.includes(name));
  if (names.length === 0) return sql;
  const ends = names.map((name) => `coalesce(max("${name}") + 1, 0)`).join(', ');
  const [before = []] = await runSql(`SELECT ${ends} FROM ${table}`);
  const moved = names.map((name, index) => `CAST("${name}" + ${before[index]} AS UINTEGER) AS "${name}"`);
  return `SELECT * REPLACE (${moved.join(', ')}) FROM (${sql})`;
}

let lastDictionary = 0;

/** Turns the texts of a column into codes; a column without texts, or with too long ones, stays as it is. */
async function encode(table: string, column: string): Promise<boolean> {
  const [[longest] = []] = await runSql(`SELECT max(length("${column}")) FROM ${table}`);
  if (longest === null || Number(longest) > MAX_CODED_CHARACTERS) return false;
  lastDictionary += 1;
  const texts = `SELECT DISTINCT "${column}" FROM ${table} WHERE "${column}" IS NOT NULL ORDER BY 1`;
  await runSql(`CREATE TYPE dictionary${lastDictionary} AS ENUM (${texts})`);
  await runSql(`ALTER TABLE ${table} ALTER "${column}" TYPE dictionary${lastDictionary}`);
  return true;
}

/**
 * Runs a path as a worker does: shard by shard, and one SELECT at the end. Those over what is declared are given whole, or
 * shard by shard where they are many.
 */
export async function runPath(
  query: SelectionQuery,
  salt: bigint,
  ranges: readonly PersonRange[],
  over: 'whole' | 'in shards' = 'whole',
): Promise<readonly (readonly unknown[])[]> {
  const bind = (sql: string): bigint[] => (sql.includes('$1') ? [salt] : []);
  const run = (head: string, sql: string) =>
    runSql(`${head} ${runnable({ sql, functions: query.functions })}`, bind(sql));
  const gathering = query.steps.filter((s) => s.keeps === 'run');
  for (const [index, range] of ranges.entries()) {
    const isWhole = (isOver: boolean | undefined): boolean => isOver === true && over === 'whole';
    for (const table of query.tables) {
      const isOver = table.kind === 'layout' && isWhole(table.isOver);
      if (!isOver || index === 0) await loadShard(table, isOver ? ALL_PERSONS : range);
    }
    for (const { into, sql, keeps, isOver } of query.steps) {
      if (isWhole(isOver) && index > 0) continue;
      const isNew = keeps === 'shard' || index === 0;
      await run(isNew ? `CREATE OR REPLACE TABLE ${into} AS` : `INSERT INTO ${into}`, sql);
    }
    for (const { into, merge } of gathering) {
      if (merge !== null && index % 2 === 1) await runSql(`CREATE OR REPLACE TABLE ${into} AS ${merge}`);
    }
  }
  return run('', query.sql);
}

/** Only the columns that the path says it reads, under the layout's name. */
async function loadShard(table: PathTable, [first, last]: PersonRange): Promise<void> {
  if (table.kind === 'public') return;
  const columns = table.columns.map((c) => `"${c}"`).join(', ');
  const shard = `SELECT ${columns} FROM ${wholeTable(table.name)} WHERE "the person" BETWEEN $1 AND $2`;
  await runSql(`CREATE OR REPLACE TABLE "${layoutName(table.spec)}" AS ${shard}`, [first, last]);
}

function wholeTable(name: string): string {
  return `"all ${name}"`;
}
