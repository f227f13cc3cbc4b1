// Layouts in a bare engine, made by the statements that the service runs behind the wall.
import {
  LAYOUT_COLUMNS,
  type LayoutColumn,
  type LayoutSpec,
  layoutName,
  layoutsOf,
  type PrintedLayout,
  printLayout,
  type StoredLayout,
} from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import { type Spent, timed } from '../measure/timed.ts';
import { SALT } from '../questions/protected-program.ts';
import { type BenchStore, hasTable } from './bench-store.ts';
import { type PersonRange, shardCountOf, shardRanges } from './shard-ranges.ts';

const MS_OF_A_SECOND = 1_000;
const LAYOUTS = 'layouts';
/** Where a person's rows lie together while layouts are made of them, and those of one shard. */
const [ARRANGED, SHARD] = ['arranged', 'shard'];
/** The tables and their texts. */
const TABLES = [
  ['jiufang.events', ['category', 'subcategory', 'product', 'city', 'event_type']],
  ['chenxi.members', ['segment', 'tier']],
] as const;

/** What was made of the tables of a size. */
export interface BenchLayouts {
  readonly stored: readonly StoredLayout[];
  /** What it took to make all that the declared facts allow. */
  readonly make: Spent;
  /** What it takes the engine to copy the events as they were handed in. */
  readonly copy: Spent;
}

/** The table of a layout as a whole; its shards are views with its bare name, so that it lies in a schema of its own. */
export function layoutTable(name: string): string {
  return `${LAYOUTS}."${name}"`;
}

/** Makes the layouts of a size, unless they are there. Those that no question of the bench reads are dropped again. */
export async function openLayouts({ engine, events, views }: BenchStore): Promise<BenchLayouts> {
  const specs = layoutsOf(views);
  if (!(await hasTable(engine, 'made'))) await makeAll(engine, specs, events.rows);
  const stored = specs.filter(isRead).map((spec) => ({ spec, codes: codesOf(spec) }));
  const sumOf = (column: string, where: string) => engine.number(`SELECT sum(${column}) FROM made WHERE ${where}`);
  const spentOn = async (where: string): Promise<Spent> => ({
    wallMs: await sumOf('wall_ms', where),
    cpuMs: await sumOf('cpu_ms', where),
  });
  return { stored, make: await spentOn("name <> 'copy'"), copy: await spentOn("name = 'copy'") };
}

/** All questions of the bench are over a match; one within another is over the rows of each table. */
function isRead({ base, form }: LayoutSpec): boolean {
  return base.matched !== null || form === 'rows';
}

function codesOf(spec: LayoutSpec): ReadonlySet<string> {
  return new Set(printLayout(spec).columns.flatMap(({ name, type }) => (type.kind === 'code' ? [name] : [])));
}

async function makeAll(engine: BenchEngine, specs: readonly LayoutSpec[], rows: number): Promise<void> {
  const note = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const { wallMs, cpuMs } = await timed(work);
    process.stderr.write(`${name}: ${(wallMs / MS_OF_A_SECOND).toFixed(1)} s\n`);
    await engine.run(`INSERT INTO making VALUES ('${name}', ${wallMs}, ${cpuMs})`);
  };
  await engine.run(`CREATE OR REPLACE TABLE making (name VARCHAR, wall_ms DOUBLE, cpu_ms DOUBLE)`);
  await engine.run(`CREATE SCHEMA IF NOT EXISTS ${LAYOUTS}`);
  await note('copy', () => engine.run('CREATE OR REPLACE TABLE copied AS FROM handed.events'));
  await engine.run('DROP TABLE copied');
  await note('dictionaries', () => makeDictionaries(engine));
  await note('rows in the order of persons', () => arrange(engine));
  await engine.run(`SET search_path = '${SHARD},main'`);
  const shards = shardRanges(shardCountOf(rows));
  for (const group of groupsOf(specs)) {
    const name = layoutName({ ...(group[0] as LayoutSpec), dimensions: [] });
    await note(`${name}, and all beside`, () => makeGroup(engine, group, shards));
  }
  await engine.run(`SET search_path = 'main'`);
  for (const schema of [SHARD, ARRANGED]) await engine.run(`DROP SCHEMA ${schema} CASCADE`);
  for (const spec of specs) if (!isRead(spec)) await engine.run(`DROP TABLE ${layoutTable(layoutName(spec))}`);
  await engine.run('ALTER TABLE making RENAME TO made');
  await engine.run('CHECKPOINT');
}

const dictionaryOf = (column: string): string => `"codes of ${column}"`;

async function makeDictionaries(engine: BenchEngine): Promise<void> {
  for (const [table, columns] of TABLES) {
    for (const column of columns) {
      await engine.run(`DROP TYPE IF EXISTS ${dictionaryOf(column)}`);
      await engine.run(
        `CREATE TYPE ${dictionaryOf(column)} AS ENUM (SELECT DISTINCT ${column} FROM "${table}" ORDER BY ${column})`,
      );
    }
  }
}

// The service gives the persons of a pass to a place behind the wall. Over rows in order of arrival each shard would read
// all of them, and the engine passes over others only where their range is part of the text.
async function arrange(engine: BenchEngine): Promise<void> {
  await engine.run(`CREATE OR REPLACE SCHEMA ${ARRANGED}`);
  await engine.run(`CREATE OR REPLACE SCHEMA ${SHARD}`);
  for (const [table, columns] of TABLES) {
    const codes = columns.map((c) => `CAST(${c} AS ${dictionaryOf(c)}) AS ${c}`).join(', ');
    await engine.run(
      `CREATE TABLE ${ARRANGED}."${table}" AS SELECT * REPLACE (${codes}) FROM main."${table}" ORDER BY uid`,
    );
  }
}

async function openShard(engine: BenchEngine, { first, last }: PersonRange): Promise<void> {
  for (const [table] of TABLES) {
    const rows = `SELECT * FROM ${ARRANGED}."${table}" WHERE uid BETWEEN ${first} AND ${last}`;
    await engine.run(`CREATE OR REPLACE VIEW ${SHARD}."${table}" AS ${rows}`);
  }
}

/** Layouts of the same tables, which are made together. */
function groupsOf(specs: readonly LayoutSpec[]): readonly (readonly LayoutSpec[])[] {
  return [...Map.groupBy(specs, ({ base }) => base).values()];
}

async function makeGroup(
  engine: BenchEngine,
  group: readonly LayoutSpec[],
  shards: readonly PersonRange[],
): Promise<void> {
  const layouts = group.map((spec) => printLayout(spec));
  const steps = [...new Map(layouts.flatMap((l) => l.steps.map((step) => [step.into, step]))).values()];
  for (const { name, columns } of layouts) {
    const held = columns.map((c) => `"${c.name}" ${typeOf(c)}`).join(', ');
    await engine.run(`CREATE TABLE IF NOT EXISTS ${layoutTable(name)} (${held})`);
  }
  for (const shard of shards) {
    const parameters = [SALT, shard.first, shard.last];
    await openShard(engine, shard);
    for (const { into, sql } of steps) {
      await engine.run(`CREATE OR REPLACE TEMP TABLE "${into}" AS ${sql}`, parameters);
    }
    for (const layout of layouts) await insertShard(engine, layout, parameters);
    for (const { into } of steps) await engine.run(`DROP TABLE "${into}"`);
  }
}

/** A statement counts within its range; over the whole ordinals are one after another, whatever ranges a run is made of. */
async function insertShard(
  engine: BenchEngine,
  { name, columns, sql }: PrintedLayout,
  parameters: readonly bigint[],
): Promise<void> {
  const table = layoutTable(name);
  const ordinals = [LAYOUT_COLUMNS.ordinal, LAYOUT_COLUMNS.pair].filter((o) => columns.some((c) => c.name === o));
  const before = ordinals.map(
    (o) => `"${o}" + (SELECT coalesce(max("${o}") + 1, 0)::UINTEGER FROM ${table}) AS "${o}"`,
  );
  const counted = before.length === 0 ? '*' : `* REPLACE (${before.join(', ')})`;
  await engine.run(`INSERT INTO ${table} SELECT ${counted} FROM (${sql})`, parameters);
}

function typeOf({ name, type }: LayoutColumn): string {
  switch (type.kind) {
    case 'code':
      return dictionaryOf(name.replace('matched ', ''));
    case 'person':
      return 'UBIGINT';
    case 'ordinal':
      return 'UINTEGER';
    case 'rank':
      return 'USMALLINT';
    case 'integer':
      return 'BIGINT';
    case 'decimal':
      return `DECIMAL(18, ${type.scale})`;
    default:
      throw new TypeError(`the bench has no column of the kind ${type.kind}`);
  }
}
