import { type DuckDBConnection, UBIGINT } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { answerDerived } from '../engine/answer-derived.ts';
import { loadDictionaries } from '../engine/dictionaries.ts';
import { lockEngine } from '../engine/engine.ts';
import { loadTables } from '../engine/load-tables.ts';
import { type BoundValue, runSelect } from '../engine/run-select.ts';

/** Makes derived tables, shard by shard, and answers them column by column. */
export async function derive(engine: DuckDBConnection, job: JobSpec & { kind: 'derive' }): Promise<void> {
  await loadDictionaries(engine, job.dictionaries);
  await loadTables(engine, job.tables, job.dictionaries);
  await lockEngine(engine);
  let rows = 0;
  for (const [first, last] of job.shards) {
    const persons = [first, last].map((person): BoundValue => ({ value: BigInt(person), type: UBIGINT }));
    for (const { sql, columns } of job.outputs) {
      const result = await runSelect(engine, sql, [BigInt(job.salt), ...persons]);
      rows += answerDerived(result, columns, job.dictionaries);
    }
  }
  answer({ kind: 'done', rows, rejected: 0 });
}
