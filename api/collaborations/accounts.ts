import type { Kitchen } from '../kitchen/index.ts';
import { type LedgerAccount, openAccount, readAccounts } from '../store/index.ts';
import { type CollaborationRecord, rulesOf } from './collaboration-record.ts';

/** The account of a dataset's lineage: one for all collaborations and all snapshots. */
export function ownerAccount(datasetId: string): string {
  return `owner/${datasetId}`;
}

/** The account of a collaboration. */
export function collaborationAccount(collaborationId: string): string {
  return `collaboration/${collaborationId}`;
}

/** The account of one consuming member within a collaboration. */
function consumerAccount(collaborationId: string, member: string): string {
  return `consumer/${collaborationId}/${member}`;
}

/** Opens the account of a consumer on its first question. */
async function openConsumerAccount(kitchen: Kitchen, { row }: CollaborationRecord, account: string): Promise<void> {
  await openAccount(kitchen.store.db, {
    account,
    level: 'consumer',
    owner: row.creator,
    collaborationId: row.collaboration_id,
    epsilonLimit: row.consumer_epsilon_limit,
    deltaLimit: row.consumer_delta_limit,
    nowMs: kitchen.nowMs(),
  });
}

/**
 * Every account that a release over some datasets is charged to.
 *
 * Who asks for another is charged beside it: else a brand could read on through ever new service providers. A public
 * table has no account: nobody is in it.
 */
export async function accountsOf(
  kitchen: Kitchen,
  of: CollaborationRecord,
  facts: { readonly datasetIds: readonly string[]; readonly consumers: readonly string[] },
): Promise<readonly LedgerAccount[]> {
  const consumers = [...new Set(facts.consumers)].map((name) => consumerAccount(of.row.collaboration_id, name));
  const publicIds = new Set(of.bindings.filter((b) => rulesOf(b).publicTable !== null).map((b) => b.dataset_id));
  const names = [
    ...new Set(facts.datasetIds.filter((id) => !publicIds.has(id)).map(ownerAccount)),
    collaborationAccount(of.row.collaboration_id),
    ...consumers,
  ];
  const known = await readAccounts(kitchen.store.db, names);
  const missing = consumers.filter((name) => !known.has(name));
  for (const name of missing) await openConsumerAccount(kitchen, of, name);
  const open = missing.length === 0 ? known : await readAccounts(kitchen.store.db, names);
  // INVARIANT: every account was opened with what it is for. One that was left out would be a release without a price.
  return names.map((name) => {
    const account = open.get(name);
    if (account === undefined) throw new Error(`the account \`${name}\` is missing`);
    return account;
  });
}
