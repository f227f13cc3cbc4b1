// Shards as a worker holds them: tables in memory with the rows of some persons, under the names of their layouts. They
// are made before anything is timed, as the time in which a worker is given its shards is that of a whole question.
import { columnBytes, type PathTable, printLayout } from '../../policies/index.ts';
import { type BenchEngine, IN_MEMORY } from '../measure/bench-engine.ts';
import { layoutTable } from './bench-layouts.ts';
import { shardCountOf, shardRanges } from './shard-ranges.ts';

/** A layout that a query reads, and the columns that it reads. */
export type CutTable = Pick<Extract<PathTable, { kind: 'layout' }>, 'name' | 'spec' | 'columns' | 'isOver'>;

/** Layouts that are cut into shards. */
export interface ShardCut {
  /** Schemas with the tables of one shard each. */
  readonly schemas: readonly string[];
  /** Rows of persons over what is declared come once, as where one shard holds them all. */
  readonly isOverWhole: boolean;
}

/** Kept until an engine is asked for shards of other tables that are to lie beside as few as two. */
const KEPT_CUTS_COUNT = 4;

const cuts = new WeakMap<BenchEngine, Map<string, Promise<ShardCut>>>();
let made = 0;

/** Cuts layouts as the service does, once for all rounds of a query; `isWhole` for a query whose parts do not add up. */
export async function openCut(engine: BenchEngine, tables: readonly CutTable[], isWhole = false): Promise<ShardCut> {
  const kept = cuts.get(engine) ?? new Map<string, Promise<ShardCut>>();
  cuts.set(engine, kept);
  const name = JSON.stringify([isWhole, tables.map(({ name: of, columns }) => [of, columns])]);
  const cut = kept.get(name) ?? makeCut(engine, tables, isWhole);
  kept.delete(name);
  kept.set(name, cut);
  for (const [oldest, of] of [...kept].slice(0, -KEPT_CUTS_COUNT)) {
    kept.delete(oldest);
    for (const schema of (await of).schemas) await engine.run(`DROP SCHEMA ${IN_MEMORY}.${schema} CASCADE`);
  }
  return await cut;
}

async function makeCut(engine: BenchEngine, tables: readonly CutTable[], isWhole: boolean): Promise<ShardCut> {
  const counts = await Promise.all(
    tables.map(async (table) => ({ isOver: table.isOver ?? false, shards: await shardsOf(engine, table) })),
  );
  const isOverWhole = counts.every(({ isOver, shards }) => !isOver || shards === 1);
  const shardCount = isWhole ? 1 : Math.max(1, ...counts.map(({ shards }) => shards));
  const [[stored] = []] = await engine.rows('SELECT current_database()');
  const schemas: string[] = [];
  for (const [shard, { first, last }] of shardRanges(shardCount).entries()) {
    made += 1;
    const schema = `shard_${made}`;
    schemas.push(schema);
    await engine.run(`CREATE SCHEMA ${IN_MEMORY}.${schema}`);
    for (const { name, columns, isOver = false } of tables) {
      if (isOver && isOverWhole && shard > 0) continue;
      const read = columns.map((column) => `"${column}"`).join(', ');
      const within = isOver && isOverWhole ? '' : ` WHERE "the person" BETWEEN ${first} AND ${last}`;
      const rows = `SELECT ${read} FROM "${stored}".${layoutTable(name)}${within}`;
      await engine.run(`CREATE TABLE ${IN_MEMORY}.${schema}."${name}" AS ${rows}`);
    }
  }
  return { schemas, isOverWhole };
}

async function shardsOf(engine: BenchEngine, { name, spec, columns }: CutTable): Promise<number> {
  const read = printLayout(spec).columns.filter((column) => columns.includes(column.name));
  const rowBytes = read.reduce((sum, { type }) => sum + columnBytes(type), 0);
  return shardCountOf(await engine.number(`SELECT count(*) FROM ${layoutTable(name)}`), rowBytes);
}
