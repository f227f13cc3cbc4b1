import { type ColumnChunk, decodeColumnChunk } from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { receiveChunks } from '../channel.ts';
import { kindsOfMatches, MatchSide } from '../matching/kinds-of-matches.ts';
import { answerCounts } from './count-matches.ts';

/**
 * Counts the persons of two tables by the first kind of identifier that they share: a row for each kind, then one for
 * those who share none. Tables 0 and 1 are the sides; column 0 is the person, the others are the kinds in their order.
 */
export function matchKinds(job: JobSpec & { kind: 'match-kinds' }): void {
  const sides = [new MatchSide(job.kindCount), new MatchSide(job.kindCount)] as const;
  const persons: (ColumnChunk | undefined)[] = [];
  for (const { table, column, bytes } of receiveChunks()) {
    const chunk = decodeColumnChunk(bytes);
    const side = sides[table === 0 ? 0 : 1];
    if (column === 0) {
      persons[table] = chunk;
      side.addPersons(chunk);
    } else side.addDigests(column - 1, persons[table], chunk);
  }
  answerCounts(kindsOfMatches(...sides).map(BigInt));
}
