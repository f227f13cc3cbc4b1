import type { DuckDBDataChunk, DuckDBVector } from 'duckdb';

import type { ScoringArgument, ScoringKind, ScoringParameter } from '../../wire/scoring.ts';
import { readFixed } from '../engine/vector-memory.ts';

/** The rows that a function is called with. */
export interface ArgumentRows {
  /**
   * Gives the values of a row, or null when one is NULL, which no function is called with.
   *
   * The list is the same at every row: whoever keeps it keeps the next person's values.
   */
  at(row: number): readonly ScoringArgument[] | null;
}

interface ArgumentColumn {
  validity: Uint8Array | null;
  read: (row: number) => ScoringArgument;
}

/** Reads a vector of rows, column by column where the values lie. */
export function readArguments(input: DuckDBDataChunk, parameters: readonly ScoringParameter[]): ArgumentRows {
  const columns = parameters.map(({ kind }, index) => columnOf(input.getColumnVector(index), kind));
  const values: ScoringArgument[] = new Array(columns.length).fill(0);
  return {
    at(row) {
      for (let index = 0; index < columns.length; index += 1) {
        const { validity, read } = columns[index] as ArgumentColumn;
        if (validity !== null && (((validity[row >> 3] as number) >> (row & 7)) & 1) === 0) return null;
        const value = read(row);
        // NaN has many forms, which a WebAssembly module could tell apart: equal rows would differ.
        if (Number.isNaN(value)) return null;
        values[index] = value;
      }
      return values;
    },
  };
}

function columnOf(vector: DuckDBVector, kind: ScoringKind): ArgumentColumn {
  const { bytes, validity } = readFixed(vector);
  return { validity, read: readerOf(vector, bytes, kind) };
}

function readerOf(vector: DuckDBVector, { buffer, byteOffset }: Uint8Array, kind: ScoringKind): ArgumentColumn['read'] {
  const count = vector.itemCount;
  switch (kind) {
    case 'integer': {
      const values = new BigInt64Array(buffer, byteOffset, count);
      return (row) => values[row] as bigint;
    }
    case 'number': {
      const values = new Float64Array(buffer, byteOffset, count);
      // Zero has two signs, which are one value to the engine.
      return (row) => (values[row] as number) + 0;
    }
    case 'boolean': {
      const values = new Uint8Array(buffer, byteOffset, count);
      return (row) => values[row] !== 0;
    }
    case 'text':
      return (row) => vector.getItem(row) as string;
    case 'date': {
      const values = new Int32Array(buffer, byteOffset, count);
      return (row) => values[row] as number;
    }
    case 'timestamp': {
      const values = new BigInt64Array(buffer, byteOffset, count);
      // Exact until the year 2255.
      return (row) => Number(values[row]);
    }
  }
}
