import type { Kitchen } from '../kitchen/index.ts';
import { type LedgerAccount, openAccount, readAccount } from '../store/index.ts';
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
async function openConsumerAccount(kitchen: Kitchen, of: CollaborationRecord, member: string): Promise<string> {
  const account = consumerAccount(of.row.collaboration_id, member);
  if ((await readAccount(kitchen.store.db, account)) === undefined) {
    await openAccount(kitchen.store.db, {
      account,
      level: 'consumer',
      owner: of.row.creator,
      collaborationId: of.row.collaboration_id,
      epsilonLimit: of.row.consumer_epsilon_limit,
      deltaLimit: of.row.consumer_delta_limit,
      nowMs: kitchen.nowMs(),
    });
  }
  return account;
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
  const consumers: string[] = [];
  for (const member of new Set(facts.consumers)) consumers.push(await openConsumerAccount(kitchen, of, member));
  const publicIds = new Set(of.bindings.filter((b) => rulesOf(b).publicTable !== null).map((b) => b.dataset_id));
  const names = [
    ...new Set(facts.datasetIds.filter((id) => !publicIds.has(id)).map(ownerAccount)),
    collaborationAccount(of.row.collaboration_id),
    ...consumers,
  ];
  const accounts = await Promise.all(names.map((name) => readAccount(kitchen.store.db, name)));
  // INVARIANT: every account was opened with what it is for. One that was left out would be a release without a price.
  return accounts.map((account, index) => {
    if (account === undefined) throw new Error(`the account \`${names[index]}\` is missing`);
    return account;
  });
}
