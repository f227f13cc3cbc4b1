import type { destinations } from '../../proto/index.ts';
import { admit, type CollaborationRecord } from '../collaborations/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { type DestinationRow, readApprovals, readDestination } from './destination-record.ts';
import { keepApproval } from './propose-destination.ts';

/** Which publications are withdrawn. */
export interface WithdrawnFrom {
  readonly collaboration: CollaborationRecord;
  readonly destinationId: string;
  /** The member whose data they hold or whose they are; null for all. */
  readonly concerning: string | null;
  readonly reason: string;
}

/** Withdraws what is at a destination. */
export type WithdrawPublications = (kitchen: Kitchen, call: Call, from: WithdrawnFrom) => Promise<void>;

/** Approves terms by their digest: who read others must not have approved these. */
export async function approveDestination(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, destinationId, termsDigest }: destinations.ApproveDestinationRequest,
): Promise<DestinationRow> {
  await admit(kitchen, call, { action: 'approve-destination', collaborationId });
  const row = await readDestination(kitchen, collaborationId, destinationId);
  if (row === undefined) throw notFound('destination');
  if (row.closed_at_ms !== null) {
    throw new ServiceError('INVALID_REQUEST', `destination \`${destinationId}\` is closed`);
  }
  if (row.terms_digest === '' || termsDigest !== row.terms_digest) {
    throw new ServiceError('INVALID_REQUEST', '`terms_digest` is not that of the terms as they are; read them again');
  }
  const { member } = call.principal;
  const approvals = await readApprovals(kitchen.store.db, row);
  if (approvals.some((one) => one.member === member)) return row;
  const subject = { destination: destinationId, terms: row.terms_digest };
  await record(kitchen, { kind: 'destination-approved', call, collaboration: collaborationId, subject });
  // Terms may have changed since they were read: then this approves what was read, which is worth nothing.
  await keepApproval(kitchen.store.db, row, { member, nowMs: kitchen.nowMs() });
  return row;
}

/** Takes an approval back. What is there is withdrawn again by each repetition, so that no crash leaves any behind. */
export async function withdrawApproval(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, destinationId }: destinations.WithdrawApprovalRequest,
  withdraw: WithdrawPublications,
): Promise<DestinationRow> {
  const collaboration = await admit(kitchen, call, { action: 'withdraw-approval', collaborationId });
  const row = await readDestination(kitchen, collaborationId, destinationId);
  if (row === undefined) throw notFound('destination');
  const { member } = call.principal;
  if ((await readApprovals(kitchen.store.db, row)).some((one) => one.member === member)) {
    const subject = { destination: destinationId, terms: row.terms_digest };
    await record(kitchen, { kind: 'destination-approval-withdrawn', call, collaboration: collaborationId, subject });
    await kitchen.store.db
      .deleteFrom('destination_approvals')
      .where('collaboration_id', '=', collaborationId)
      .where('destination_id', '=', destinationId)
      .where('member', '=', member)
      .execute();
  }
  await withdraw(kitchen, call, { collaboration, destinationId, concerning: member, reason: 'approval-withdrawn' });
  return row;
}
