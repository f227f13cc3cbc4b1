import type { rights } from '../../proto/index.ts';
import type { IdentifierKind } from '../../sandbox/index.ts';
import type { DigestsOfKind } from '../datasets/index.ts';
import { ServiceError } from '../grpc/index.ts';

const KIND = /^(email|phone|member_id|device_id|card_number|custom:[a-z_][a-z0-9_]{0,62})$/;
const DIGEST_BYTES = 32;

/**
 * Reads who is meant, each once.
 *
 * @throws {ServiceError} INVALID_REQUEST naming the field
 */
export function readIdentifiers(
  identifiers: readonly rights.IdentifierDigests[],
  maxCount: number,
): readonly DigestsOfKind[] {
  const byKind = new Map<IdentifierKind, Map<string, Uint8Array>>();
  for (const [index, { kind, digests }] of identifiers.entries()) {
    if (!KIND.test(kind)) throw new ServiceError('INVALID_REQUEST', `\`identifiers[${index}].kind\` is not known`);
    const known = byKind.get(kind as IdentifierKind) ?? new Map<string, Uint8Array>();
    byKind.set(kind as IdentifierKind, known);
    for (const digest of digests) {
      if (digest.length !== DIGEST_BYTES) {
        throw new ServiceError(
          'INVALID_REQUEST',
          `\`identifiers[${index}].digests\` must have ${DIGEST_BYTES} bytes each`,
        );
      }
      known.set(Buffer.from(digest).toString('hex'), digest);
    }
  }
  const count = [...byKind.values()].reduce((sum, digests) => sum + digests.size, 0);
  if (count === 0) throw new ServiceError('INVALID_REQUEST', '`identifiers` must name at least one');
  if (count > maxCount)
    throw new ServiceError('INVALID_REQUEST', `\`identifiers\` names more than ${maxCount}; send several requests`);
  return [...byKind].map(([kind, digests]) => ({ kind, digests: [...digests.values()] }));
}

/** How many identifiers there are in all. */
export function countOf(identifiers: readonly DigestsOfKind[]): number {
  return identifiers.reduce((sum, { digests }) => sum + digests.length, 0);
}
