import type { DuckDBConnection } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { answerDerived } from '../engine/answer-derived.ts';
import { DerivingSteps } from '../engine/deriving-steps.ts';
import { loadDictionaries } from '../engine/dictionaries.ts';
import { loadTables } from '../engine/load-tables.ts';
import { runSelect } from '../engine/run-select.ts';

/** Makes derived tables, shard by shard, and answers them column by column. */
export async function derive(engine: DuckDBConnection, job: JobSpec & { kind: 'derive' }): Promise<void> {
  await loadDictionaries(engine, job.dictionaries);
  await loadTables(engine, job.tables, job.dictionaries);
  const steps = new DerivingSteps(engine, job);
  let rows = 0;
  for (const [first, last] of job.shards) {
    const parameters = [job.salt, first, last].map(BigInt);
    for (const [output, { sql, columns }] of job.outputs.entries()) {
      await steps.make(output, parameters);
      const result = await runSelect(engine, sql, parameters);
      rows += answerDerived(result, columns, job.dictionaries);
      await steps.drop(output);
    }
  }
  answer({ kind: 'done', rows, rejected: 0 });
}
