import { type DuckDBConnection, type DuckDBMaterializedResult, StatementType } from 'duckdb';

import { withConstants } from '../../wire/with-constants.ts';
import { answer } from '../channel.ts';
import { readResultChunk, type wireKindOf } from './result-chunks.ts';

const KIB_BYTES = 1_024;

/**
 * Makes sure that a text is one statement, and a SELECT: the engine's lock leaves open some calls and settings that are
 * neither.
 */
export async function expectSelect(engine: DuckDBConnection, sql: string): Promise<void> {
  const prepared = await engine.prepare(sql);
  try {
    if (prepared.statementType !== StatementType.SELECT) throw new Error('the statement is not a select');
  } finally {
    prepared.destroySync();
  }
}

/**
 * Runs one SELECT, and nothing else. Materialised on purpose: a streamed result that fails half-way ends without an
 * error, as if it were complete.
 *
 * @param parameters `$1` to `$n`; the statement names the first of them, as many as it likes
 */
export async function runSelect(
  engine: DuckDBConnection,
  sql: string,
  parameters: readonly bigint[],
): Promise<DuckDBMaterializedResult> {
  const prepared = await engine.prepare(withConstants(sql, parameters));
  if (prepared.statementType !== StatementType.SELECT) throw new Error('the statement is not a select');
  return await prepared.run();
}

/**
 * Runs a statement that this worker has made around a checked SELECT, and answers how many rows it wrote.
 *
 * @param parameters `$1` to `$n`; the statement names the first of them, as many as it likes
 */
export async function runStatement(
  engine: DuckDBConnection,
  sql: string,
  parameters: readonly bigint[],
): Promise<number> {
  return (await engine.run(withConstants(sql, parameters))).rowsChanged;
}

/** Answers a result, column by column, in chunks. */
export async function answerRows(
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
  // Asked of the kernel, as no process sees its own in /proc here. It is in KiB.
  const peakBytes = process.resourceUsage().maxRSS * KIB_BYTES;
  answer({ kind: 'done', rows, rejected: 0, peakBytes });
}
