import type { DuckDBConnection } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { expectEnd } from '../channel.ts';
import { loadDictionaries } from '../engine/dictionaries.ts';
import { connectAgain, lockEngine } from '../engine/engine.ts';
import { ShardLoader } from '../engine/load-shards.ts';
import { answerRows, runSelect } from '../engine/run-select.ts';
import { ShardProgram } from '../engine/shard-program.ts';

/** Runs the steps of a plan over shard after shard of its tables, and answers what they have gathered. */
export async function runSharded(engine: DuckDBConnection, job: JobSpec & { kind: 'run-sharded' }): Promise<void> {
  if (job.functions.length > 0) {
    (await import('../functions/register-functions.ts')).registerFunctions(engine, job.functions);
  }
  // The steps of the first shard run before the last has come: nothing of a plan's text may meet an engine that is open.
  await lockEngine(engine);
  await loadDictionaries(engine, job.dictionaries);
  const parameters = job.parameters.map(BigInt);
  const program = new ShardProgram(engine, job.steps, parameters);
  const loader = new ShardLoader(await connectAgain(engine), job.tables, job.dictionaries);
  let running: Promise<void> = Promise.resolve();
  for (let shard = 0; shard < job.shardCount; shard += 1) {
    await Promise.all([loader.load(), running]);
    await loader.place();
    running = program.runShard();
  }
  await running;
  expectEnd();
  const result = await runSelect(engine, job.sql, parameters);
  if (result.columnCount !== job.resultKinds.length) throw new Error('the result has other columns than declared');
  await answerRows(result, job.resultKinds, job.maxRows);
}
