import {
  BIGINT,
  type DuckDBConnection,
  type DuckDBMaterializedResult,
  type DuckDBPreparedStatement,
  type DuckDBType,
  StatementType,
  UBIGINT,
} from 'duckdb';

import { answer } from '../channel.ts';
import { readResultChunk, type wireKindOf } from './result-chunks.ts';

const KIB_BYTES = 1_024;

/** A parameter of a type of its own; others are BIGINT, or UBIGINT above its range. */
export interface BoundValue {
  readonly value: bigint;
  readonly type: DuckDBType;
}

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
  parameters: readonly (bigint | BoundValue)[],
): Promise<DuckDBMaterializedResult> {
  const prepared = await engine.prepare(sql);
  if (prepared.statementType !== StatementType.SELECT) throw new Error('the statement is not a select');
  bindFirst(prepared, parameters);
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
  parameters: readonly (bigint | BoundValue)[],
): Promise<number> {
  const prepared = await engine.prepare(sql);
  try {
    bindFirst(prepared, parameters);
    return (await prepared.run()).rowsChanged;
  } finally {
    prepared.destroySync();
  }
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

function bindFirst(prepared: DuckDBPreparedStatement, parameters: readonly (bigint | BoundValue)[]): void {
  const bound = parameters.slice(0, prepared.parameterCount).map(boundOf);
  prepared.bind(
    bound.map(({ value }) => value),
    bound.map(({ type }) => type),
  );
}

function boundOf(parameter: bigint | BoundValue): BoundValue {
  if (typeof parameter !== 'bigint') return parameter;
  return { value: parameter, type: BigInt.asIntN(64, parameter) === parameter ? BIGINT : UBIGINT };
}
