import {
  type ColumnChunk,
  decodeColumnChunk,
  encodeColumnChunk,
  isPresent,
  isTextValues,
} from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { KeyedHash } from '../identifiers/keyed-hash.ts';

/** Turns each vault chunk into a chunk of persons with the same gaps. */
export function pseudonymise(job: JobSpec & { kind: 'pseudonymise' }): void {
  const hash = new KeyedHash(Buffer.from(job.keyHex, 'hex'), job.identifier);
  let rows = 0;
  for (const { bytes } of receiveChunks()) {
    const chunk = personsOf(decodeColumnChunk(bytes), hash);
    answer({ kind: 'chunk', column: 0, bytes: encodeColumnChunk(chunk) });
    rows += chunk.rowCount;
  }
  answer({ kind: 'done', rows, rejected: 0 });
}

function personsOf(vault: ColumnChunk, hash: KeyedHash): ColumnChunk {
  const { rowCount, validity, values } = vault;
  if (!isTextValues(values)) throw new Error('a vault chunk holds text');
  const { offsets, bytes, indices } = values;
  const persons = new BigUint64Array(rowCount);
  for (let row = 0; row < rowCount; row += 1) {
    if (!isPresent(vault, row)) continue;
    const entry = indices === null ? row : (indices[row] as number);
    persons[row] = hash.personOf(bytes.subarray(offsets[entry], offsets[entry + 1]));
  }
  return { type: { kind: 'person' }, rowCount, validity, values: persons };
}
