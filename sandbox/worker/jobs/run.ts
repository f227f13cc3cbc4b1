import type { DuckDBConnection } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { loadDictionaries } from '../engine/dictionaries.ts';
import { loadTables } from '../engine/load-tables.ts';
import { wireKindOf } from '../engine/result-chunks.ts';
import { answerRows, runSelect } from '../engine/run-select.ts';

/** Runs the SQL of a plan over its tables and answers the groups, column by column, in chunks. */
export async function run(engine: DuckDBConnection, job: JobSpec & { kind: 'run' }): Promise<void> {
  // Before the tables: code that makes its compiler fail has then failed without a row near it.
  if (job.functions.length > 0) {
    // Loaded only here: compilers are half of this worker's code, and few questions have use for them.
    (await import('../functions/register-functions.ts')).registerFunctions(engine, job.functions);
  }
  await loadDictionaries(engine, job.dictionaries);
  await loadTables(engine, job.tables, job.dictionaries);
  const result = await runSelect(engine, job.sql, job.parameters.map(BigInt));
  if (result.columnCount !== job.resultKinds.length) throw new Error('the result has other columns than declared');
  await answerRows(result, job.resultKinds, job.maxRows);
}

/** Runs an outer query over released values and answers its columns, whatever they are, then its rows. */
export async function compose(engine: DuckDBConnection, job: JobSpec & { kind: 'compose' }): Promise<void> {
  await loadTables(engine, job.tables, []);
  const result = await runSelect(engine, job.sql, []);
  const kinds = result.columnTypes().map(wireKindOf);
  answer({ kind: 'columns', columns: kinds.map((kind, column) => ({ name: result.columnName(column), kind })) });
  await answerRows(result, kinds, job.maxRows);
}
