import { inflateRawSync } from 'node:zlib';
import type { Kitchen } from '../kitchen/index.ts';
import { SALT_BYTES } from './keep-decision.ts';

/** A record as it was kept. */
export interface KeptDecision {
  readonly collaborationId: string;
  /** The entry of the log that has its digest stands here or later. */
  readonly fromIndex: number;
  readonly salt: Uint8Array;
  /** JSON. */
  readonly record: Uint8Array;
}

/** Opens the record of a decision. */
export async function openDecision(kitchen: Kitchen, queryId: string): Promise<KeptDecision | undefined> {
  const row = await kitchen.store.db
    .selectFrom('decisions')
    .selectAll()
    .where('query_id', '=', queryId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const plain = kitchen.vault.openBytes({ label: 'decision', id: queryId }, row.record_sealed);
  return {
    collaborationId: row.collaboration_id,
    fromIndex: row.from_index,
    salt: plain.subarray(0, SALT_BYTES),
    record: inflateRawSync(plain.subarray(SALT_BYTES)),
  };
}
