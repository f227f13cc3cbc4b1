// What the rows in the engine run over, in one database file a size: the tables as they were handed in (attached), the
// same as an upload leaves them, and layouts.
import { version as engineVersion } from 'duckdb';
import { layoutsOf, type MostRows, printLayout, type TableView } from '../../policies/index.ts';
import { keptFile, sourceText } from '../cache-folder.ts';
import { type EventsFile, makeEvents } from '../events.ts';
import { BenchEngine } from '../measure/bench-engine.ts';
import type { PlainTables } from '../questions/bench-questions.ts';
import { marketViews } from '../questions/market.ts';

/** Pages and work together: a machine of 16 GB runs the largest size. */
const MEMORY_LIMIT = '13GB';

/** The joined tables as both members handed them in: keys of 64 hex characters, in order of arrival. */
export const HANDED_IN: PlainTables = {
  from: 'handed.events e JOIN handed.members m ON e.uid = m.uid',
  person: 'e.uid',
};

/** The tables of a size in an engine of this process. */
export interface BenchStore extends Disposable {
  readonly engine: BenchEngine;
  readonly events: EventsFile;
  /** The tables under the rules that layouts are made by. */
  readonly views: readonly TableView[];
  readonly mostRows: MostRows;
}

/** Opens the tables of a size, and makes what was not kept; under other rules than the bench's, under a name of their own. */
export async function openStore(
  rows: number,
  { views = marketViews(), name = 'stored' }: { readonly views?: readonly TableView[]; readonly name?: string } = {},
): Promise<BenchStore> {
  const events = await makeEvents(rows);
  const statements = layoutsOf(views).flatMap((spec) => {
    const { steps, sql } = printLayout(spec);
    return [...steps.map((step) => step.sql), sql];
  });
  const made = [sourceText(import.meta.url), events.path, engineVersion(), ...statements];
  const { path } = keptFile(`${name}-${rows}`, 'duckdb', made);
  const engine = await BenchEngine.open(path, MEMORY_LIMIT);
  await engine.run(`ATTACH '${events.path}' AS handed (READ_ONLY)`);
  if (!(await hasTable(engine, 'chenxi.members'))) await loadAsUploaded(engine);
  const mostRows = new Map<string, number>();
  for (const table of ['jiufang.events', 'chenxi.members']) mostRows.set(table, await mostRowsIn(engine, table));
  return { engine, events, views, mostRows, [Symbol.dispose]: () => engine[Symbol.dispose]() };
}

/** Whether a table was made before. */
export async function hasTable(engine: BenchEngine, name: string): Promise<boolean> {
  return (await engine.number(`SELECT count(*) FROM duckdb_tables() WHERE table_name = '${name}'`)) > 0;
}

// As uploads leave them: a person is 64 bits of a keyed hash, text is text, whole numbers have 64 bits, decimals 18 digits.
async function loadAsUploaded(engine: BenchEngine): Promise<void> {
  const person = `md5_number_lower('key of the bench' || uid) AS uid`;
  await engine.run(`CREATE TABLE "jiufang.events" AS SELECT * REPLACE (${person}, CAST(day AS BIGINT) AS day,
    CAST(amount AS DECIMAL(18, 2)) AS amount) FROM handed.events`);
  await engine.run(`CREATE TABLE "chenxi.members" AS SELECT * REPLACE (${person}) FROM handed.members`);
  await engine.run('CHECKPOINT');
}

async function mostRowsIn(engine: BenchEngine, name: string): Promise<number> {
  return await engine.number(`SELECT max(n) FROM (SELECT count(*) AS n FROM "${name}" GROUP BY uid)`);
}
