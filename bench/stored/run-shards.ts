import { type PathQuery, type PathTable, printLayout, type ShardStep } from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import { layoutTable } from './bench-layouts.ts';
import { rowsOfShard, shardsOfTable } from './stored-cut.ts';

/** Rows of a gathering table from which on its parts are added up. */
const MERGED_ROWS = 262_144;
/** Where places gather: in memory, and seen from every connection. */
const GATHERED = 'gathered';

type LayoutTable = Extract<PathTable, { kind: 'layout' }>;

/** A place for shards, as a worker has two: a connection with the views of a shard, and what its steps gathered. */
interface Lane {
  readonly engine: BenchEngine;
  readonly place: number;
  readonly made: Set<string>;
  running: Promise<void>;
}

/**
 * Runs a query shard by shard in a bare engine, as a worker does behind the wall: the layouts of a shard under their
 * names, the steps, and one SELECT over what they gathered. Of steps that one core runs two shards are run side by side.
 */
export async function runShards(
  engine: BenchEngine,
  query: PathQuery,
  salt: bigint,
): Promise<readonly (readonly unknown[])[]> {
  const { steps, sql, tables, isSideBySide = false } = query;
  const layouts = tables.flatMap((table) => (table.kind === 'layout' ? [table] : []));
  const cut = await cutOf(engine, layouts);
  const lanes = await openLanes(engine, isSideBySide ? 2 : 1);
  for (let shard = 0; shard < cut.shardCount; shard += 1) {
    const lane = lanes[shard % lanes.length] as Lane;
    await lane.running;
    lane.running = runShard(lane, { layouts, steps, salt, shard, ...cut });
  }
  await Promise.all(lanes.map((lane) => lane.running));
  for (const { into, keeps } of steps) {
    if (keeps === 'shard') continue;
    const parts = lanes.filter(({ made }) => made.has(into)).map((lane) => `FROM ${gathered(lane, into)}`);
    await engine.run(`CREATE OR REPLACE TEMP VIEW "${into}" AS ${parts.join(' UNION ALL ')}`);
  }
  const rows = await engine.rows(sql, [salt]);
  for (const lane of lanes) for (const into of lane.made) await lane.engine.run(`DROP TABLE ${gathered(lane, into)}`);
  return rows;
}

interface Cut {
  readonly shardCount: number;
  /** Rows of persons over what is declared come once, as where one shard holds them all. */
  readonly isOverWhole: boolean;
}

async function cutOf(engine: BenchEngine, layouts: readonly LayoutTable[]): Promise<Cut> {
  const counts = await Promise.all(
    layouts.map(async ({ name, spec, columns, isOver = false }) => {
      const shards = await shardsOfTable(engine, layoutTable(name), { columns, of: () => printLayout(spec).columns });
      return { isOver, shards };
    }),
  );
  const isOverWhole = counts.every(({ isOver, shards }) => !isOver || shards === 1);
  return { shardCount: Math.max(1, ...counts.map(({ shards }) => shards)), isOverWhole };
}

async function openLanes(engine: BenchEngine, count: number): Promise<readonly Lane[]> {
  await engine.run(`ATTACH IF NOT EXISTS ':memory:' AS ${GATHERED}`);
  const engines = [engine, await engine.beside()].slice(0, count);
  return engines.map((of, place) => ({ engine: of, place, made: new Set(), running: Promise.resolve() }));
}

interface ShardWork extends Cut {
  readonly layouts: readonly LayoutTable[];
  readonly steps: readonly ShardStep[];
  readonly salt: bigint;
  readonly shard: number;
}

async function runShard(lane: Lane, work: ShardWork): Promise<void> {
  const { layouts, steps, salt, shard, shardCount, isOverWhole } = work;
  for (const { name, columns, isOver = false } of layouts) {
    const isWhole = shardCount === 1 || (isOverWhole && isOver);
    if (isWhole && shard > 0) continue;
    const read = columns.map((column) => `"${column}"`).join(', ');
    const within = isWhole ? '' : ` WHERE ${await rowsOfShard(lane.engine, layoutTable(name), { shard, shardCount })}`;
    await lane.engine.run(`CREATE OR REPLACE TEMP VIEW "${name}" AS SELECT ${read} FROM ${layoutTable(name)}${within}`);
  }
  for (const step of steps) if (!(step.isOver === true && isOverWhole) || shard === 0) await runStep(lane, step, salt);
}

async function runStep({ engine, made, place }: Lane, { into, sql, keeps, merge }: ShardStep, salt: bigint) {
  if (keeps === 'shard') {
    await engine.run(`CREATE OR REPLACE TEMP TABLE "${into}" AS ${sql}`, [salt]);
    return;
  }
  const table = gathered({ place }, into);
  await engine.run(`${made.has(into) ? `INSERT INTO ${table}` : `CREATE TABLE ${table} AS`} ${sql}`, [salt]);
  made.add(into);
  if (merge !== null && (await engine.number(`SELECT count(*) FROM ${table}`)) > MERGED_ROWS) {
    await engine.run(`CREATE OR REPLACE TEMP VIEW "${into}" AS FROM ${table}`);
    await engine.run(`CREATE OR REPLACE TABLE ${gathered({ place }, 'merged')} AS ${merge}`);
    await engine.run(`CREATE OR REPLACE TABLE ${table} AS FROM ${gathered({ place }, 'merged')}`);
  }
}

function gathered({ place }: Pick<Lane, 'place'>, into: string): string {
  return `${GATHERED}."${into} of lane ${place}"`;
}
