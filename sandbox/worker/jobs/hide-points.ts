import { isSampled, POINT_BYTES } from '../../../points/index.ts';
import { type ColumnChunk, decodeColumnChunk, encodeColumnChunk, MAX_CHUNK_ROWS } from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { hideDigests } from '../matching/hidden-set.ts';
import { PersonDigests, rowsOf } from '../matching/person-digests.ts';

/** Hides the persons of a dataset: one digest of each, among points that are nobody's. */
export function hidePoints(job: JobSpec & { kind: 'hide-points' }): void {
  const found = new PersonDigests();
  let persons: ColumnChunk | undefined;
  for (const { column, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    if (column === 0) persons = chunk;
    else
      for (const [person, digest] of rowsOf(persons, chunk))
        if (isSampled(digest, job.sample)) found.add(person, digest);
  }
  const points = hideDigests(found.distinct(), {
    secret: Buffer.from(job.secretHex, 'hex'),
    identifier: job.identifier,
    padding: job.padding,
    // `rows` are points done, `bytes` those there will be: the host stops a job that has too many before they are made.
    onStep: ({ done, total }) => answer({ kind: 'progress', rows: done, bytes: total }),
  });
  const count = points.byteLength / POINT_BYTES;
  for (let start = 0; start < count; start += MAX_CHUNK_ROWS) {
    const values = points.subarray(start * POINT_BYTES, Math.min(count, start + MAX_CHUNK_ROWS) * POINT_BYTES);
    const rowCount = values.byteLength / POINT_BYTES;
    const bytes = encodeColumnChunk({ type: { kind: 'digest' }, rowCount, validity: null, values });
    answer({ kind: 'chunk', column: 0, bytes });
  }
  answer({ kind: 'done', rows: count, rejected: 0 });
}
