import type { DuckDBConnection } from 'duckdb';

import type { JobSpec, StepSpec } from '../../wire/jobs.ts';
import { expectEnd } from '../channel.ts';
import { loadDictionaries } from '../engine/dictionaries.ts';
import { connectAgain } from '../engine/engine.ts';
import { ShardLoader } from '../engine/load-shards.ts';
import { quote } from '../engine/load-tables.ts';
import { answerRows, runSelect } from '../engine/run-select.ts';
import { ShardLane } from '../engine/shard-lane.ts';

/** Runs the steps of a plan over shard after shard of its tables, and answers what they have gathered. */
export async function runSharded(engine: DuckDBConnection, job: JobSpec & { kind: 'run-sharded' }): Promise<void> {
  if (job.functions.length > 0) {
    (await import('../functions/register-functions.ts')).registerFunctions(engine, job.functions);
  }
  const parameters = job.parameters.map(BigInt);
  const lanes = await ShardLane.openAll(engine, job.steps, parameters);
  await loadDictionaries(engine, job.dictionaries);
  const loader = new ShardLoader(await connectAgain(engine), job.tables, job.dictionaries);
  for (let shard = 0; shard < job.shardCount; shard += 1) {
    const lane = lanes[shard % lanes.length] as ShardLane;
    await lane.finish();
    await loader.load(lane.schema);
    // Steps that group by persons keep both cores busy by themselves, and two shards would take twice their memory.
    if (!job.isSideBySide) for (const other of lanes) await other.finish();
    lane.start(shard === 0);
  }
  for (const lane of lanes) await lane.finish();
  await unite(engine, job.steps, lanes);
  expectEnd();
  const result = await runSelect(engine, job.sql, parameters);
  if (result.columnCount !== job.resultKinds.length) throw new Error('the result has other columns than declared');
  await answerRows(result, job.resultKinds, job.maxRows);
}

/** Gives what the places have gathered under the names that the last SELECT knows. */
async function unite(engine: DuckDBConnection, steps: readonly StepSpec[], lanes: readonly ShardLane[]): Promise<void> {
  for (const { into, keeps } of steps) {
    if (keeps === 'shard') continue;
    const parts = lanes.flatMap((lane) => lane.gathered(into) ?? []).map((table) => `SELECT * FROM ${table}`);
    await engine.run(`CREATE VIEW main.${quote(into)} AS ${parts.join(' UNION ALL ')}`);
  }
}
