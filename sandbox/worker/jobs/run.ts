import { BIGINT, type DuckDBConnection, type DuckDBMaterializedResult, StatementType, UBIGINT } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { lockEngine } from '../engine/engine.ts';
import { loadTables } from '../engine/load-tables.ts';
import { readResultChunk, wireKindOf } from '../engine/result-chunks.ts';
import { registerFunctions } from '../functions/register-functions.ts';

/** Runs the SQL of a plan over its tables and answers the groups, column by column, in chunks. */
export async function run(engine: DuckDBConnection, job: JobSpec & { kind: 'run' }): Promise<void> {
  // Before the tables: code that makes its compiler fail has then failed without a row near it.
  registerFunctions(engine, job.functions);
  await loadTables(engine, job.tables);
  await lockEngine(engine);
  const result = await runSelect(engine, job.sql, job.parameters.map(BigInt));
  if (result.columnCount !== job.resultKinds.length) throw new Error('the result has other columns than declared');
  await answerRows(result, job.resultKinds, job.maxRows);
}

/** Runs an outer query over released values and answers its columns, whatever they are, then its rows. */
export async function compose(engine: DuckDBConnection, job: JobSpec & { kind: 'compose' }): Promise<void> {
  await loadTables(engine, job.tables);
  await lockEngine(engine);
  const result = await runSelect(engine, job.sql, []);
  const kinds = result.columnTypes().map(wireKindOf);
  answer({ kind: 'columns', columns: kinds.map((kind, column) => ({ name: result.columnName(column), kind })) });
  await answerRows(result, kinds, job.maxRows);
}

// One statement, and a SELECT: the engine's lock leaves open some calls and settings that are neither.
async function runSelect(
  engine: DuckDBConnection,
  sql: string,
  parameters: bigint[],
): Promise<DuckDBMaterializedResult> {
  const prepared = await engine.prepare(sql);
  if (prepared.statementType !== StatementType.SELECT) throw new Error('the statement is not a select');
  prepared.bind(
    parameters,
    parameters.map((value) => (BigInt.asIntN(64, value) === value ? BIGINT : UBIGINT)),
  );
  // Materialised on purpose: a streamed result that fails half-way ends without an error, as if it were complete.
  return await prepared.run();
}

async function answerRows(
  result: DuckDBMaterializedResult,
  kinds: readonly ReturnType<typeof wireKindOf>[],
  maxRows: number,
): Promise<void> {
  // A result cut at the limit would pass for a whole one.
  if (result.rowCount > maxRows) throw new Error('the result has more rows than allowed');
  let rows = 0;
  for await (const chunk of result) {
    kinds.forEach((kind, column) => {
      answer({ kind: 'chunk', column, bytes: readResultChunk(chunk.getColumnVector(column), kind) });
    });
    rows += chunk.rowCount;
  }
  answer({ kind: 'done', rows, rejected: 0 });
}
