import type { audit } from '../../proto/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { EntryIndex } from './entry-index/index.ts';
import { readScope } from './log-scope.ts';

/**
 * Reads rules by the digest that the log names them by: what an owner has put in force is found as long as there is a
 * log, whatever is in force now.
 */
export async function readRules(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  { collaborationId, rulesDigest }: audit.ReadRulesRequest,
): Promise<audit.ReadRulesResponse> {
  if (collaborationId === '') throw notFound('collaboration');
  await readScope(kitchen, index, call, collaborationId);
  const row = await kitchen.store.db
    .selectFrom('rules_versions')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where('rules_digest', '=', rulesDigest)
    .orderBy('set_at_ms')
    .executeTakeFirst();
  if (row === undefined) {
    throw new ServiceError('NOT_FOUND', 'no rules of that digest were put in force in this collaboration');
  }
  await record(kitchen, { kind: 'rules-read', call, collaboration: collaborationId, subject: { rulesDigest } });
  return {
    rulesJson: Buffer.from(row.rules_json),
    owner: row.owner,
    alias: row.alias,
    rulesVersion: row.rules_version,
    setAt: new Date(row.set_at_ms),
  };
}
