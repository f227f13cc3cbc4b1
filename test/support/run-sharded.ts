import {
  LAYOUT_COLUMNS,
  type LayoutColumn,
  type LayoutSpec,
  layoutName,
  type PathQuery,
  type PathTable,
  printLayout,
  type StoredLayout,
  tableName,
} from '../../policies/index.ts';
import { runSql } from './engine.ts';
import { runnable } from './scoring.ts';

/** First and last person of a shard. */
export type PersonRange = readonly [bigint, bigint];

const LAST_PERSON = (1n << 64n) - 1n;
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
  for (const [name, { columns }] of views) {
    for (const column of columns) {
      const isCoded = column.type.kind === 'text' && (await encode(`"${name}"`, column.name));
      if (isCoded) coded.push([name, column.name]);
    }
  }
  const stored: StoredLayout[] = [];
  for (const spec of specs) stored.push(await storeLayout(spec, salt, ranges));
  for (const [name, column] of coded) await runSql(`ALTER TABLE "${name}" ALTER "${column}" TYPE VARCHAR`);
  return stored;
}

async function storeLayout(spec: LayoutSpec, salt: bigint, ranges: readonly PersonRange[]): Promise<StoredLayout> {
  const { name, sql, columns } = printLayout(spec);
  const table = wholeTable(name);
  for (const [index, [first, last]] of ranges.entries()) {
    const into = index === 0 ? `CREATE OR REPLACE TABLE ${table} AS` : `INSERT INTO ${table}`;
    await runSql(`${into} ${await countedOn(sql, columns, index === 0 ? null : table)}`, [salt, first, last]);
  }
  const types = await runSql(`SELECT column_name, column_type FROM (DESCRIBE ${table})`);
  const codes = types.filter(([, type]) => String(type).startsWith('ENUM')).map(([column]) => String(column));
  const isDeclared = (name: string): boolean => columns.some((c) => c.name === name && c.type.kind === 'code');
  if (!codes.every(isDeclared)) throw new Error('only columns of codes are held as codes');
  return { spec, codes: new Set(codes) };
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

/** Runs a path as a worker does: shard by shard, and one SELECT at the end. */
export async function runPath(
  query: PathQuery,
  salt: bigint,
  ranges: readonly PersonRange[],
): Promise<readonly (readonly unknown[])[]> {
  const bind = (sql: string): bigint[] => (sql.includes('$1') ? [salt] : []);
  const run = (head: string, sql: string) =>
    runSql(`${head} ${runnable({ sql, functions: query.functions })}`, bind(sql));
  const gathering = query.steps.filter((s) => s.keeps === 'run');
  for (const [index, range] of ranges.entries()) {
    for (const table of query.tables) await loadShard(table, range);
    for (const { into, sql, keeps } of query.steps) {
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
