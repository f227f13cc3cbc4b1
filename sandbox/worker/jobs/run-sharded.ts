import type { DuckDBConnection } from 'duckdb';

import type { JobSpec, StepSpec } from '../../wire/jobs.ts';
import { expectEnd } from '../channel.ts';
import { loadDictionaries } from '../engine/dictionaries.ts';
import { computeWithAskersAlone, connectAgain } from '../engine/engine.ts';
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
  const lanes = await ShardLane.openAll(engine, parameters);
  if (job.shardCount > 1) await computeWithAskersAlone(engine);
  await loadDictionaries(engine, job.dictionaries);
  const loader = new ShardLoader(await connectAgain(engine), job.tables, job.dictionaries);
  const [once, ofShards] = [job.steps.filter(isOnce), job.steps.filter((step) => !isOnce(step))];
  for (let shard = 0; shard < job.shardCount; shard += 1) {
    const lane = laneOf(lanes, shard);
    await lane.finish();
    await loader.load(lane.schema);
    lane.start(ofShards);
    // What is planned once for all shards takes one core: the other is with the first shard meanwhile.
    if (shard === 0) laneOf(lanes, 1).start(once);
  }
  for (const lane of lanes) await lane.finish();
  await unite(engine, job.steps, lanes);
  expectEnd();
  const result = await runSelect(engine, job.sql, parameters);
  if (result.columnCount !== job.resultKinds.length) throw new Error('the result has other columns than declared');
  await answerRows(result, job.resultKinds, job.maxRows);
}

function isOnce(step: StepSpec): boolean {
  return step.isOnce;
}

function laneOf(lanes: readonly ShardLane[], shard: number): ShardLane {
  return lanes[shard % lanes.length] as ShardLane;
}

/**
 * Gives what the places have gathered under the names that the last SELECT knows: what one of them alone has gathered is
 * found there, which takes a setting for all in place of a view for each.
 */
async function unite(engine: DuckDBConnection, steps: readonly StepSpec[], lanes: readonly ShardLane[]): Promise<void> {
  for (const { into, keeps } of steps) {
    if (keeps === 'shard') continue;
    const parts = lanes.flatMap((lane) => lane.gathered(into) ?? []).map((table) => `SELECT * FROM ${table}`);
    if (parts.length > 1) await engine.run(`CREATE VIEW main.${quote(into)} AS ${parts.join(' UNION ALL ')}`);
  }
  await engine.run(`SET search_path = '${['main', ...lanes.map(({ schema }) => quote(schema))].join(',')}'`);
}
