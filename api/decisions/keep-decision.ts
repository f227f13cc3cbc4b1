import { createHash, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { DecisionRecord } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';

/** Bytes that stand before a record in its digest, or a guess at the SQL could be confirmed by the log. */
export const SALT_BYTES = 32;

/** Which decision, and where it was asked. */
export interface DecisionPlace {
  readonly queryId: string;
  readonly collaborationId: string;
}

/** Keeps the record of a decision, sealed, and gives the salted digest by which the log binds it, in hex. */
export async function keepDecision(
  kitchen: Kitchen,
  db: Database,
  { queryId, collaborationId }: DecisionPlace,
  record: DecisionRecord,
): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const bytes = Buffer.from(JSON.stringify(record));
  const plain = Buffer.concat([salt, deflateRawSync(bytes)]);
  await db
    .insertInto('decisions')
    .values({
      query_id: queryId,
      collaboration_id: collaborationId,
      record_sealed: kitchen.vault.sealBytes({ label: 'decision', id: queryId }, plain),
      from_index: kitchen.log.treeSize,
      decided_at_ms: kitchen.nowMs(),
    })
    .execute();
  return createHash('sha256').update(salt).update(bytes).digest('hex');
}
