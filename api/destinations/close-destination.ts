import type { destinations } from '../../proto/index.ts';
import { factsOf, readCollaboration } from '../collaborations/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { WithdrawPublications } from './approve-destination.ts';
import { type DestinationRow, readDestination } from './destination-record.ts';

/** Closes a destination for good, and has all that is there withdrawn; repeated, it withdraws what is left. */
export async function closeDestination(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, destinationId }: destinations.CloseDestinationRequest,
  withdraw: WithdrawPublications,
): Promise<DestinationRow> {
  const collaboration = await readCollaboration(kitchen, collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  const found = await readDestination(kitchen, collaborationId, destinationId);
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action: 'close-destination',
    collaboration: factsOf(collaboration),
    owner: found?.owner ?? '',
  });
  if (!decision.allowed && (found !== undefined || !decision.isVisible)) {
    throw accessRefused({ thing: 'collaboration', id: collaborationId, isVisible: decision.isVisible });
  }
  if (found === undefined) throw notFound('destination');
  const row = found.closed_at_ms === null ? await close(kitchen, call, found) : found;
  await withdraw(kitchen, call, { collaboration, destinationId, concerning: null, reason: 'destination-closed' });
  return row;
}

async function close(kitchen: Kitchen, call: Call, row: DestinationRow): Promise<DestinationRow> {
  const { collaboration_id: collaboration, destination_id: destination } = row;
  await record(kitchen, { kind: 'destination-closed', call, collaboration, subject: { destination } });
  const closed_at_ms = kitchen.nowMs();
  await kitchen.store.db
    .updateTable('destinations')
    .set({ closed_at_ms })
    .where('collaboration_id', '=', collaboration)
    .where('destination_id', '=', destination)
    .execute();
  return { ...row, closed_at_ms };
}
