import { destinations } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import type { HandlerWrappers } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { DestinationKind } from '../store/index.ts';
import { approveDestination, type WithdrawPublications, withdrawApproval } from './approve-destination.ts';
import { closeDestination } from './close-destination.ts';
import { type DestinationRow, readApprovals } from './destination-record.ts';
import { proposeDestination } from './propose-destination.ts';

/** The handlers of galley.v1.DestinationService. */
export function makeDestinationService(
  kitchen: Kitchen,
  withdraw: WithdrawPublications,
  { unary }: HandlerWrappers,
): destinations.DestinationServiceServer {
  return {
    proposeDestination: unary('propose-destination', async (request, call) => {
      const { row, tokenKey, access } = await proposeDestination(kitchen, call, request);
      return {
        destination: await destinationMessage(kitchen, row),
        tokenKey: tokenKey ?? new Uint8Array(),
        signingSecret: access?.signingSecret ?? '',
        brokerUser: access?.brokerUser ?? '',
      };
    }),
    approveDestination: unary('approve-destination', async (request, call) => ({
      destination: await destinationMessage(kitchen, await approveDestination(kitchen, call, request)),
    })),
    withdrawApproval: unary('withdraw-approval', async (request, call) => ({
      destination: await destinationMessage(kitchen, await withdrawApproval(kitchen, call, request, withdraw)),
    })),
    listDestinations: unary('list-destinations', async ({ collaborationId }, call) => {
      await admit(kitchen, call, { action: 'list-destinations', collaborationId });
      const rows = await kitchen.store.db
        .selectFrom('destinations')
        .selectAll()
        .where('collaboration_id', '=', collaborationId)
        .orderBy('created_at_ms')
        .orderBy('destination_id')
        .execute();
      return { destinations: await Promise.all(rows.map((row) => destinationMessage(kitchen, row))) };
    }),
    closeDestination: unary('close-destination', async (request, call) => ({
      destination: await destinationMessage(kitchen, await closeDestination(kitchen, call, request, withdraw)),
    })),
  };
}

const { DestinationKind: Kind } = destinations;

const KIND_MESSAGES: Readonly<Record<DestinationKind, destinations.DestinationKind>> = {
  'strategy-engine': Kind.STRATEGY_ENGINE,
  nats: Kind.NATS,
  webhook: Kind.WEBHOOK,
  'file-drop': Kind.FILE_DROP,
};

async function destinationMessage(kitchen: Kitchen, row: DestinationRow): Promise<destinations.Destination> {
  const approvals = await readApprovals(kitchen.store.db, row);
  return {
    destinationId: row.destination_id,
    owner: row.owner,
    terms: {
      kind: KIND_MESSAGES[row.kind],
      address: row.address,
      caCertificatePem: row.ca_certificate_pem,
      identifier: row.identifier,
      purpose: row.purpose,
      minSize: BigInt(row.min_size),
      allowedMembers: JSON.parse(row.allowed_members) as string[],
      retentionDays: row.retention_days,
      recipient: row.recipient,
    },
    termsDigest: row.terms_digest,
    approvals: approvals.map((one) => ({ member: one.member, approvedAt: new Date(one.approved_at_ms) })),
    closedAt: row.closed_at_ms === null ? undefined : new Date(row.closed_at_ms),
  };
}
