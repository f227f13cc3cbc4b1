// Layouts in a bare engine, made by the statements that the service runs behind the wall.
import {
  LAYOUT_COLUMNS,
  type LayoutColumn,
  type LayoutSpec,
  layoutName,
  layoutsOf,
  printLayout,
  type StoredLayout,
} from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import { type Spent, timed } from '../measure/timed.ts';
import { marketViews } from '../questions/market.ts';
import { SALT } from '../questions/protected-program.ts';
import { type BenchStore, hasTable } from './bench-store.ts';
import { shardCountOf, shardRanges } from './shard-ranges.ts';

const MS_OF_A_SECOND = 1_000;
const LAYOUTS = 'layouts';
/** Where a person's rows lie together while layouts are made of them. */
const ARRANGED = 'arranged';
const TEXTS = { events: ['category', 'subcategory', 'product', 'city', 'event_type'], members: ['segment', 'tier'] };

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
export async function openLayouts({ engine, events }: BenchStore): Promise<BenchLayouts> {
  const specs = layoutsOf(marketViews());
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
  await engine.run(`SET search_path = '${ARRANGED},main'`);
  for (const spec of specs) {
    await note(layoutName(spec), () => make(engine, spec, shardCountOf(rows)));
    if (!isRead(spec)) await engine.run(`DROP TABLE ${layoutTable(layoutName(spec))}`);
  }
  await engine.run(`SET search_path = 'main'`);
  await engine.run(`DROP SCHEMA ${ARRANGED} CASCADE`);
  await engine.run('ALTER TABLE making RENAME TO made');
  await engine.run('CHECKPOINT');
}

const dictionaryOf = (column: string): string => `"codes of ${column}"`;

async function makeDictionaries(engine: BenchEngine): Promise<void> {
  for (const [table, columns] of [
    ['jiufang.events', TEXTS.events] as const,
    ['chenxi.members', TEXTS.members] as const,
  ]) {
    for (const column of columns) {
      await engine.run(`DROP TYPE IF EXISTS ${dictionaryOf(column)}`);
      await engine.run(
        `CREATE TYPE ${dictionaryOf(column)} AS ENUM (SELECT DISTINCT ${column} FROM "${table}" ORDER BY ${column})`,
      );
    }
  }
}

// A statement that makes a layout reads one range of persons; over rows in order of arrival each would read all.
async function arrange(engine: BenchEngine): Promise<void> {
  await engine.run(`CREATE OR REPLACE SCHEMA ${ARRANGED}`);
  for (const [table, columns] of [
    ['jiufang.events', TEXTS.events] as const,
    ['chenxi.members', TEXTS.members] as const,
  ]) {
    const codes = columns.map((c) => `CAST(${c} AS ${dictionaryOf(c)}) AS ${c}`).join(', ');
    await engine.run(
      `CREATE TABLE ${ARRANGED}."${table}" AS SELECT * REPLACE (${codes}) FROM main."${table}" ORDER BY uid`,
    );
  }
}

async function make(engine: BenchEngine, spec: LayoutSpec, shardCount: number): Promise<void> {
  const { name, columns, sql } = printLayout(spec);
  const table = layoutTable(name);
  await engine.run(`CREATE OR REPLACE TABLE ${table} (${columns.map((c) => `"${c.name}" ${typeOf(c)}`).join(', ')})`);
  const ordinals = [LAYOUT_COLUMNS.ordinal, LAYOUT_COLUMNS.pair].filter((o) => columns.some((c) => c.name === o));
  for (const { first, last } of shardRanges(shardCount)) {
    // They count within a range; over the whole they are one after another, whatever ranges a run is made of.
    const before = ordinals.map(
      (o) => `"${o}" + (SELECT coalesce(max("${o}") + 1, 0)::UINTEGER FROM ${table}) AS "${o}"`,
    );
    const counted = before.length === 0 ? '*' : `* REPLACE (${before.join(', ')})`;
    await engine.run(`INSERT INTO ${table} SELECT ${counted} FROM (${sql})`, [SALT, first, last]);
  }
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
