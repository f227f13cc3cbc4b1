import type { DuckDBVector } from 'duckdb';

import type { ScoringResult } from '../../wire/scoring.ts';
import { assignText, writeFixed, writeValidity } from '../engine/vector-memory.ts';
import { placesOf, type Score, unitsOf } from './declared-result.ts';

/** Takes the scores of a vector of rows; a row that is not written is NULL. */
export interface ResultWriter {
  write(row: number, score: Score): void;
  flush(output: DuckDBVector): void;
}

/** Gives a writer for the results of one call of the engine. */
export function resultWriter(returns: ScoringResult, rowCount: number): ResultWriter {
  const present = new Uint8Array(Math.ceil(rowCount / 64) * 8);
  if (returns.kind === 'label') return labelWriter(returns.labels, present);
  const values = new BigInt64Array(rowCount);
  const toUnits = unitsOf(returns);
  return {
    write(row, score) {
      const units = toUnits(score);
      if (units === null) return;
      values[row] = units;
      markPresent(present, row);
    },
    flush(output) {
      writeFixed(output, new Uint8Array(values.buffer));
      writeValidity(output, present);
    },
  };
}

function labelWriter(labels: readonly string[], present: Uint8Array): ResultWriter {
  const texts = labels.map((label) => new TextEncoder().encode(label));
  const placeOf = placesOf(labels);
  const places = new Map<number, number>();
  return {
    write(row, score) {
      const place = placeOf(score);
      if (place === null) return;
      places.set(row, place);
      markPresent(present, row);
    },
    flush(output) {
      for (const [row, place] of places) assignText(output, row, texts[place] as Uint8Array);
      writeValidity(output, present);
    },
  };
}

function markPresent(present: Uint8Array, row: number): void {
  present[row >> 3] = (present[row >> 3] as number) | (1 << (row & 7));
}
