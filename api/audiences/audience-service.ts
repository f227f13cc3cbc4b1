import { audiences } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { shownText } from '../details/index.ts';
import { type Call, type HandlerWrappers, notFound } from '../grpc/index.ts';
import { type Kitchen, once, readPage } from '../kitchen/index.ts';
import type { ActivationState } from '../store/index.ts';
import { activateAudience, revokeAudience } from './activate-audience.ts';
import { type ActivationRow, type AudienceRow, admitToAudience, decideOnAudience } from './audience-record.ts';
import { admitToDefine, defineAudience } from './define-audience.ts';
import type { Deliveries } from './deliveries.ts';
import { createDestination, type DestinationRow } from './destinations.ts';
import { estimateAudience } from './estimate-audience.ts';

/** The handlers of galley.v1.AudienceService. */
export function makeAudienceService(
  kitchen: Kitchen,
  deliveries: Deliveries,
  { unary }: HandlerWrappers,
): audiences.AudienceServiceServer {
  return {
    createDestination: unary('create-destination', async (request, call) => {
      const { row, tokenKey } = await createDestination(kitchen, call, request);
      return { destination: destinationMessage(row), tokenKey };
    }),
    listDestinations: unary('list-destinations', ({ collaborationId }, call) =>
      listDestinations(kitchen, call, collaborationId),
    ),
    defineAudience: unary('define-audience', (request, call) => define(kitchen, call, request)),
    estimateAudience: unary('estimate-audience', async ({ audienceId, epsilon }, call) => {
      const audience = await admitToAudience(kitchen, call, 'estimate-audience', audienceId);
      const { size, charged } = await estimateAudience(kitchen, call, audience, epsilon);
      return { size, charged };
    }),
    activateAudience: unary('activate-audience', (request, call) => activate(kitchen, deliveries, call, request)),
    getAudience: unary('read-audience', async ({ audienceId }, call) => {
      const { row } = await admitToAudience(kitchen, call, 'read-audience', audienceId);
      return { audience: await audienceMessage(kitchen, row) };
    }),
    listAudiences: unary('list-audiences', (request, call) => list(kitchen, call, request)),
    revokeAudience: unary('revoke-audience', async (request, call) => {
      const activation = await revokeAudience(kitchen, call, request);
      deliveries.nudge();
      return { activation: activationMessage(activation) };
    }),
  };
}

async function define(
  kitchen: Kitchen,
  call: Call,
  request: audiences.DefineAudienceRequest,
): Promise<audiences.DefineAudienceResponse> {
  // Before the answer of a repetition too: the rights it was given under may have ended.
  const collaboration = await admitToDefine(kitchen, call, request);
  const repeatable = {
    member: call.principal.member,
    rpc: 'DefineAudience',
    requestId: request.requestId,
    request: audiences.DefineAudienceRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await defineAudience(kitchen, call, request, { collaboration, remember })),
  );
  const { row } = await admitToAudience(kitchen, call, 'read-audience', Buffer.from(id).toString());
  return { audience: await audienceMessage(kitchen, row) };
}

async function activate(
  kitchen: Kitchen,
  deliveries: Deliveries,
  call: Call,
  request: audiences.ActivateAudienceRequest,
): Promise<audiences.ActivateAudienceResponse> {
  const { audienceId, destinationId } = request;
  const audience = await admitToAudience(kitchen, call, 'activate-audience', audienceId);
  const repeatable = {
    member: call.principal.member,
    rpc: 'ActivateAudience',
    requestId: request.requestId,
    request: audiences.ActivateAudienceRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await activateAudience(kitchen, call, audience, { destinationId, remember })),
  );
  deliveries.nudge();
  const activation = await kitchen.store.db
    .selectFrom('activations')
    .selectAll()
    .where('activation_id', '=', Buffer.from(id).toString())
    .executeTakeFirst();
  if (activation === undefined) throw notFound('audience');
  return { activation: activationMessage(activation) };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: audiences.ListAudiencesRequest,
): Promise<audiences.ListAudiencesResponse> {
  const { collaborationId } = request;
  const collaboration = await admit(kitchen, call, { action: 'list-audiences', collaborationId });
  const page = readPage(request);
  const { member, role } = call.principal;
  const rows = await kitchen.store.db
    .selectFrom('audiences')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where(role === 'isv' ? 'definer' : 'owner', '=', member)
    .orderBy('created_at_ms')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  // That somebody may list says nothing of each row: a grant may have ended for one brand and stand for another.
  const readable = rows.filter(
    (row) => decideOnAudience(kitchen, call.principal, 'read-audience', { row, collaboration }).allowed,
  );
  const messages = await Promise.all(readable.map((row) => audienceMessage(kitchen, row)));
  return { audiences: messages, nextPageToken: page.next(rows.length) };
}

async function listDestinations(
  kitchen: Kitchen,
  call: Call,
  collaborationId: string,
): Promise<audiences.ListDestinationsResponse> {
  await admit(kitchen, call, { action: 'list-destinations', collaborationId });
  const rows = await kitchen.store.db
    .selectFrom('destinations')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .orderBy('created_at_ms')
    .execute();
  return { destinations: rows.map(destinationMessage) };
}

function destinationMessage(row: DestinationRow): audiences.Destination {
  return {
    destinationId: row.destination_id,
    owner: row.owner,
    address: row.address,
    caCertificatePem: row.ca_certificate_pem,
    identifier: row.identifier,
  };
}

async function audienceMessage(kitchen: Kitchen, row: AudienceRow): Promise<audiences.Audience> {
  const { db } = kitchen.store;
  const [size, activations] = await Promise.all([
    db
      .selectFrom('audience_sizes')
      .selectAll()
      .where('audience_id', '=', row.audience_id)
      .orderBy('released_at_ms', 'desc')
      .executeTakeFirst(),
    db.selectFrom('activations').selectAll().where('audience_id', '=', row.audience_id).orderBy('version').execute(),
  ]);
  return {
    audienceId: row.audience_id,
    collaborationId: row.collaboration_id,
    displayName: row.display_name,
    owner: row.owner,
    sql: await shownText(kitchen, { kind: 'definition', subjectId: row.audience_id }),
    size: size && { persons: BigInt(size.persons), ci95Low: BigInt(size.ci95_low), ci95High: BigInt(size.ci95_high) },
    activations: activations.map(activationMessage),
    createdAt: new Date(row.created_at_ms),
  };
}

const STATES: Readonly<Record<ActivationState, audiences.ActivationState>> = {
  accepted: audiences.ActivationState.ACCEPTED,
  delivered: audiences.ActivationState.DELIVERED,
  revoking: audiences.ActivationState.REVOKING,
  revoked: audiences.ActivationState.REVOKED,
};

function activationMessage(row: ActivationRow): audiences.Activation {
  return {
    activationId: row.activation_id,
    destinationId: row.destination_id,
    state: STATES[row.state],
    receipt: row.receipt,
    acceptedAt: new Date(row.accepted_at_ms),
    deliveredAt: row.delivered_at_ms === null ? undefined : new Date(row.delivered_at_ms),
    leafIndex: BigInt(row.leaf_index ?? 0),
  };
}
