import { createHash } from 'node:crypto';
import { strategy } from '../../proto/index.ts';

/** A publication by hand: begin, a batch for each list of tokens, commit. */
export function publicationOf(
  audienceId: string,
  version: bigint,
  batches: readonly Uint8Array[],
): readonly strategy.Envelope[] {
  const digest = createHash('sha256');
  const begin = strategy.PublicationBegin.fromPartial({
    displayName: 'made by hand',
    identifier: 'email',
    purpose: 'shop-front',
    kind: strategy.PublicationKind.FULL,
    batchCount: batches.length,
  });
  const middle = batches.map((added, index): strategy.Envelope => {
    const place = Buffer.alloc(4);
    place.writeUInt32BE(index);
    digest.update(place).update(added);
    return {
      audienceId,
      version,
      part: { $case: 'batch', value: { index, added: Buffer.from(added), removed: Buffer.alloc(0) } },
    };
  });
  const commit = { batchCount: batches.length, digest: digest.digest() };
  return [
    { audienceId, version, part: { $case: 'begin', value: begin } },
    ...middle,
    { audienceId, version, part: { $case: 'commit', value: commit } },
  ];
}

/** A withdrawal by hand. */
export function withdrawalOf(audienceId: string, version: bigint): strategy.Envelope {
  return { audienceId, version, part: { $case: 'withdrawal', value: { reason: 'revoked' } } };
}
