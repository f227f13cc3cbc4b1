import { decodeColumnChunk, encodeColumnChunk } from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receiveChunks } from '../channel.ts';
import { countHidden } from '../matching/hidden-set.ts';

/** Counts matches among points: what was given back is table 0, the other side's own points are table 1. */
export function countMatches(job: JobSpec & { kind: 'count-matches' }): void {
  const parts: [Uint8Array[], Uint8Array[]] = [[], []];
  for (const { table, bytes } of receiveChunks()) {
    const { type, validity, values } = decodeColumnChunk(bytes);
    if (type.kind !== 'digest' || validity !== null) throw new Error('points are 32 bytes each');
    parts[table === 0 ? 0 : 1].push(values as Uint8Array);
  }
  const [raised, own] = parts.map((part) => Buffer.concat(part)) as [Buffer, Buffer];
  const count = countHidden(raised, own, {
    secret: Buffer.from(job.secretHex, 'hex'),
    onStep: ({ done, total }) => answer({ kind: 'progress', rows: done, bytes: total }),
  });
  answerCounts([BigInt(count)]);
}

/** Answers whole numbers as one row a number, and the end. */
export function answerCounts(counts: readonly bigint[]): void {
  const values = BigInt64Array.from(counts);
  const bytes = encodeColumnChunk({ type: { kind: 'integer' }, rowCount: counts.length, validity: null, values });
  answer({ kind: 'chunk', column: 0, bytes });
  answer({ kind: 'done', rows: counts.length, rejected: 0 });
}
