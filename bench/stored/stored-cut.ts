// Where the rows of each shard stand in a stored table: the service knows it from the index of a layout, and its worker
// is given a shard's rows and no others. A condition on persons would read eight bytes of each row more.
import { columnBytes, type LayoutColumn } from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import { shardCountOf, shardRanges } from './shard-ranges.ts';

/** One of so many shards. */
export interface ShardPlace {
  readonly shard: number;
  readonly shardCount: number;
  /** The column with the place of a row. */
  readonly place?: string;
}

const known = new WeakMap<BenchEngine, Map<string, Promise<unknown>>>();

/** What is asked once of an engine, whose stored tables stay as they are. */
function once<T>(engine: BenchEngine, name: string, ask: () => Promise<T>): Promise<T> {
  const of = known.get(engine) ?? new Map<string, Promise<unknown>>();
  known.set(engine, of);
  const answer = (of.get(name) as Promise<T> | undefined) ?? ask();
  of.set(name, answer);
  return answer;
}

/** How many rows a stored table has. */
export function rowsOfTable(engine: BenchEngine, table: string): Promise<number> {
  return once(engine, table, () => engine.number(`SELECT count(*) FROM ${table}`));
}

/** How many shards a stored table is run in, by the columns that are read of it. */
export function shardsOfTable(
  engine: BenchEngine,
  table: string,
  { columns, of }: { readonly columns: readonly string[]; readonly of: () => readonly LayoutColumn[] },
): Promise<number> {
  return once(engine, `${table} ${columns.join(', ')}`, async () => {
    const read = of().filter(({ name }) => columns.includes(name));
    const rowBytes = read.reduce((sum, { type }) => sum + columnBytes(type), 0);
    return shardCountOf(await rowsOfTable(engine, table), rowBytes);
  });
}

/** The condition that a row of a stored table is of a shard, by its place in the table. */
export async function rowsOfShard(
  engine: BenchEngine,
  table: string,
  { shard, shardCount, place = 'rowid' }: ShardPlace,
): Promise<string> {
  const [begin, end] = await once(engine, `${table} ${shard}/${shardCount}`, async () => {
    const { first, last } = shardRanges(shardCount)[shard] ?? { first: 0n, last: 0n };
    const places = `SELECT coalesce(min(rowid), -1), coalesce(max(rowid), -1), count(*) FROM ${table}`;
    const [[low, high, count] = []] = await engine.rows(`${places} WHERE "the person" BETWEEN ${first} AND ${last}`);
    if (Number(count) > 0 && Number(high) - Number(low) + 1 !== Number(count)) {
      throw new Error('the rows of a stored table are not in the order of persons');
    }
    return [low, high];
  });
  return `${place} BETWEEN ${begin} AND ${end}`;
}
