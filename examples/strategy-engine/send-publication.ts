import { createHash } from 'node:crypto';
import { strategy } from '../../proto/index.ts';

/** What a publication says of itself, beside its batches. */
export interface PublicationHead {
  readonly audienceId: string;
  readonly version: bigint;
  readonly begin: Partial<strategy.PublicationBegin>;
}

/** Tokens of one batch, one after the other. */
export interface TokenBatch {
  readonly added: Uint8Array;
  readonly removed?: Uint8Array;
}

/** The parts of a publication, in the order in which a sender makes them; for tests and benches of receivers. */
export function* partsOfPublication(
  { audienceId, version, begin }: PublicationHead,
  batches: Iterable<TokenBatch>,
  batchCount: number,
): Generator<strategy.Envelope> {
  const digest = createHash('sha256');
  const { FULL } = strategy.PublicationKind;
  const value = strategy.PublicationBegin.create({ identifier: 'email', kind: FULL, ...begin, batchCount });
  yield { audienceId, version, part: { $case: 'begin', value } };
  let index = 0;
  for (const { added, removed = Buffer.alloc(0) } of batches) {
    const place = Buffer.alloc(4);
    place.writeUInt32BE(index);
    digest.update(place).update(added).update(removed);
    yield { audienceId, version, part: { $case: 'batch', value: { index, added, removed } } };
    index += 1;
  }
  yield { audienceId, version, part: { $case: 'commit', value: { batchCount, digest: digest.digest() } } };
}
