// A scoring function becomes a scalar function of the engine. The engine's threads wait while its one JavaScript thread
// works through a vector of rows, so nothing here may wait for the engine.
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  DuckDBScalarFunction,
  type DuckDBType,
  TIMESTAMP,
  VARCHAR,
} from 'duckdb';

import { MAX_DECIMAL_SCALE_DIGITS } from '../../wire/column-type.ts';
import type { FunctionSpec } from '../../wire/jobs.ts';
import type { CompiledScore, ScoringKind, ScoringResult } from '../../wire/scoring.ts';
import { compileFunction, resultOf } from './compile-function.ts';
import { readArguments } from './read-arguments.ts';
import { receiveCode } from './receive-code.ts';
import { resultWriter } from './result-writer.ts';

/**
 * Compiles the functions of a job, whose code comes next on the wire, and makes them callable.
 *
 * @throws {Error} when one does not compile: it was checked when it was submitted
 */
export function registerFunctions(connection: DuckDBConnection, functions: readonly FunctionSpec[]): void {
  for (const spec of functions) {
    const compiled = compileFunction(spec, receiveCode());
    if (!compiled.ok) throw new Error('a scoring function does not compile');
    connection.registerScalarFunction(scalarFunction(spec, compiled.score));
  }
}

function scalarFunction({ name, parameters, returns: spec }: FunctionSpec, score: CompiledScore): DuckDBScalarFunction {
  const returns = resultOf(spec);
  return DuckDBScalarFunction.create({
    name,
    parameterTypes: parameters.map(({ kind }) => TYPES[kind]),
    returnType: returnType(returns),
    // NULL in, NULL out is ours to do: left to the engine, a call with a literal NULL would have no type.
    specialHandling: true,
    // Not volatile: the same row has the same score, so the engine may call it once for equal rows and constants.
    mainFunction: (_, input, output) => {
      const { rowCount } = input;
      const results = resultWriter(returns, rowCount);
      const rows = readArguments(input, parameters);
      for (let row = 0; row < rowCount; row += 1) {
        const values = rows.at(row);
        if (values !== null) results.write(row, score(values));
      }
      results.flush(output);
    },
  });
}

const TYPES: Readonly<Record<ScoringKind, DuckDBType>> = {
  integer: BIGINT,
  number: DOUBLE,
  boolean: BOOLEAN,
  text: VARCHAR,
  date: DATE,
  timestamp: TIMESTAMP,
};

function returnType(returns: ScoringResult): DuckDBType {
  if (returns.kind === 'label') return VARCHAR;
  return returns.scale === 0 ? BIGINT : DECIMAL(MAX_DECIMAL_SCALE_DIGITS, returns.scale);
}
