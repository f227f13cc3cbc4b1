// Columns of codes are ENUM columns: the engine holds a byte or two a row and knows the texts once. The types are made
// from a table, so that no text of anybody's data is ever part of a statement.
import type { DuckDBConnection } from 'duckdb';

import { decodeColumnChunk, isTextValues, type TextValues } from '../../wire/column-chunk.ts';
import { MAX_DICTIONARY_COUNT } from '../../wire/column-type.ts';
import { receiveWords } from '../channel.ts';
import { TableWriter } from './table-writer.ts';

const WORDS_TABLE = 'galley words';

/** Gives the name of a dictionary's type. */
export function typeOfDictionary(dictionary: number): string {
  return `"galley dictionary ${dictionary}"`;
}

/**
 * Makes the types of a job's dictionaries from the texts that follow on the wire.
 *
 * @param counts how many texts each has
 * @throws {Error} when the texts are not in the order of their bytes, each once: codes would not order as texts do
 */
export async function loadDictionaries(connection: DuckDBConnection, counts: readonly number[]): Promise<void> {
  for (const [dictionary, count] of counts.entries()) {
    if (count > MAX_DICTIONARY_COUNT) throw new Error('a dictionary has too many texts');
    await connection.run(`CREATE TABLE main."${WORDS_TABLE}" (word VARCHAR)`);
    const writer = await TableWriter.open(connection, WORDS_TABLE, [{ type: { kind: 'text' }, textCount: 0 }]);
    let last: Uint8Array | null = null;
    let left = count;
    const parts = receiveWords(dictionary);
    while (left > 0) {
      const chunk = decodeColumnChunk(parts.next().value as Uint8Array);
      const { values } = chunk;
      if (!isTextValues(values) || chunk.validity !== null || chunk.rowCount === 0 || chunk.rowCount > left) {
        throw new Error('a dictionary has other texts than it says');
      }
      last = expectAscending(values, last);
      writer.append([chunk]);
      left -= chunk.rowCount;
    }
    writer.close();
    // The engine wants at least one; no row can have it, since no code is within a dictionary of none.
    if (count === 0) await connection.run(`INSERT INTO main."${WORDS_TABLE}" VALUES ('')`);
    const words = `SELECT word FROM main."${WORDS_TABLE}" ORDER BY word`;
    await connection.run(`CREATE TYPE main.${typeOfDictionary(dictionary)} AS ENUM (${words})`);
    await connection.run(`DROP TABLE main."${WORDS_TABLE}"`);
  }
}

function expectAscending({ offsets, bytes, indices }: TextValues, before: Uint8Array | null): Uint8Array {
  if (indices !== null) throw new Error('a dictionary is told by a dictionary');
  let last = before;
  for (let entry = 0; entry + 1 < offsets.length; entry += 1) {
    const text = bytes.subarray(offsets[entry], offsets[entry + 1]);
    if (last !== null && Buffer.compare(last, text) >= 0) throw new Error('the texts of a dictionary are not in order');
    last = text;
  }
  return last as Uint8Array;
}
