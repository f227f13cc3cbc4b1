import { rulesOf } from '../collaborations/index.ts';
import type { WithdrawnFrom } from '../destinations/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { latestHere } from './latest-here.ts';
import { withdrawalOf } from './withdrawal.ts';

/** Withdraws what a destination has: all of it, or what is of one member's data or in its name. */
export async function withdrawAtDestination(kitchen: Kitchen, call: Call, from: WithdrawnFrom): Promise<void> {
  const { collaboration, destinationId, concerning, reason } = from;
  const collaborationId = collaboration.row.collaboration_id;
  const isConcerned = (owner: string, tables: string): boolean =>
    concerning === null ||
    owner === concerning ||
    (JSON.parse(tables) as string[]).some((table) => ofPersons(from).has(table) && isOf(table, concerning));
  for (const open of await latestHere(kitchen.store.db, { collaborationId, destinationId })) {
    if (!isConcerned(open.owner, open.tables)) continue;
    const { activation_id: activation, audience_id: audience } = open;
    const subject = { audience, activation, reason };
    await record(kitchen, { kind: 'audience-revoked', call, collaboration: collaborationId, subject });
    await kitchen.store.transaction(async (db) => {
      const withdrawal = await withdrawalOf(db, audience, kitchen.nowMs());
      await db
        .updateTable('activations')
        .set({ ...withdrawal, withdrawal_reason: 'revoked' })
        .where('activation_id', '=', activation)
        .where('state', 'in', ['accepted', 'delivered'])
        .execute();
    });
  }
}

function isOf(table: string, member: string): boolean {
  return table.startsWith(`${member}.`);
}

/** Tables of persons: what anybody may learn needs nobody's approval. */
function ofPersons({ collaboration }: WithdrawnFrom): ReadonlySet<string> {
  const bound = collaboration.bindings.filter((one) => rulesOf(one).publicTable === null);
  return new Set(bound.map(({ owner, alias }) => `${owner}.${alias}`));
}
