import { audiences } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { shownText } from '../details/index.ts';
import { type Call, type HandlerWrappers, notFound } from '../grpc/index.ts';
import { type Kitchen, once, readDisplayName, readPage } from '../kitchen/index.ts';
import { type Runs, selectionPath } from '../queries/index.ts';
import type { ActivationState } from '../store/index.ts';
import { activateAudience, latestActivation, revokeAudience } from './activate-audience.ts';
import { type ActivationRow, type AudienceRow, admitToAudience, decideOnAudience } from './audience-record.ts';
import { deniabilityOf } from './blur.ts';
import { compareAudiences } from './compare-audiences.ts';
import { admitToDefine, defineAudience } from './define-audience.ts';
import type { Deliveries } from './deliveries.ts';
import { durationOf, readDeliveryPlan } from './delivery-plan.ts';
import { estimateAudience } from './estimate-audience.ts';
import { estimateDefinition } from './estimate-definition.ts';
import { isRefreshOfShown } from './pending-refresh.ts';
import { portrayAudience } from './portray-audience.ts';
import { readTrend } from './read-trend.ts';
import { refreshActivation } from './refresh-activation.ts';
import { scheduleActivation } from './schedule-activation.ts';
import { definitionOf } from './sql-of-definition.ts';

/** The handlers of galley.v1.AudienceService. */
export function makeAudienceService(
  kitchen: Kitchen,
  { deliveries, runs }: { readonly deliveries: Deliveries; readonly runs: Runs },
  { unary }: HandlerWrappers,
): audiences.AudienceServiceServer {
  return {
    defineAudience: unary('define-audience', (request, call) => defineOnce(kitchen, call, request)),
    estimateAudience: unary('estimate-audience', async ({ audienceId, epsilon }, call) => {
      const audience = await admitToAudience(kitchen, call, 'estimate-audience', audienceId);
      const sized = await estimateAudience(kitchen, call, audience, epsilon);
      return { size: sized.size, charged: sized.charged, selection: await selectionPath(kitchen, call, sized) };
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
    estimateDefinition: unary('define-audience', async (request, call) => {
      const sized = await estimateDefinition(kitchen, call, { ...request, definition: definitionOf(request) });
      const selection = await selectionPath(kitchen, call, sized);
      return { size: sized.size, charged: sized.charged, sql: sized.inputs.sql, selection };
    }),
    portrayAudience: unary('estimate-audience', (request, call) => portrayAudience(kitchen, runs, call, request)),
    compareAudiences: unary('estimate-audience', (request, call) => compareAudiences(kitchen, call, request)),
    readTrend: unary('read-audience', async ({ audienceId }, call) => {
      const { row } = await admitToAudience(kitchen, call, 'read-audience', audienceId);
      return { points: await readTrend(kitchen, row) };
    }),
    scheduleActivation: unary('activate-audience', async (request, call) => {
      const activation = await scheduleActivation(kitchen, call, request);
      deliveries.nudge();
      return { activation: activationMessage(activation) };
    }),
    refreshActivation: unary('activate-audience', async ({ audienceId, destinationId }, call) => {
      const audience = await admitToAudience(kitchen, call, 'activate-audience', audienceId);
      const latest = await latestActivation(kitchen, audienceId, destinationId);
      if (latest === undefined) throw notFound('destination');
      const { activation, charged } = await refreshActivation(kitchen, call, audience, latest);
      deliveries.nudge();
      return { activation: activationMessage(activation), charged };
    }),
  };
}

/** Defines an audience, once for each request id, and answers it as it is kept. */
export async function defineOnce(
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
  const displayName = readDisplayName(request.displayName);
  const defining = { ...request, displayName, definition: definitionOf(request), isDraft: false };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await defineAudience(kitchen, call, defining, { collaboration, remember })),
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
  const plan = readDeliveryPlan(request.plan, kitchen.nowMs());
  const repeatable = {
    member: call.principal.member,
    rpc: 'ActivateAudience',
    requestId: request.requestId,
    request: audiences.ActivateAudienceRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await activateAudience(kitchen, call, audience, { destinationId, plan, remember })),
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
    .where('is_draft', '=', 0)
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

async function audienceMessage(kitchen: Kitchen, row: AudienceRow): Promise<audiences.Audience> {
  const { db } = kitchen.store;
  const [sql, source, size, activations] = await Promise.all([
    shownText(kitchen, { kind: 'definition', subjectId: row.audience_id }),
    shownText(kitchen, { kind: 'source', subjectId: row.audience_id }),
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
    sql,
    size: size && { persons: BigInt(size.persons), ci95Low: BigInt(size.ci95_low), ci95High: BigInt(size.ci95_high) },
    activations: activations.map(activationMessage),
    createdAt: new Date(row.created_at_ms),
    definition:
      source === '' ? { source: { $case: 'sql', value: sql } } : audiences.Definition.fromJSON(JSON.parse(source)),
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
    // While a refresh is on its way what was delivered stays in force: whether one is, and how it ends, shows nowhere.
    state: STATES[isRefreshOfShown(row) ? 'delivered' : row.state],
    receipt: row.receipt,
    acceptedAt: new Date(row.accepted_at_ms),
    deliveredAt: row.delivered_at_ms === null ? undefined : new Date(row.delivered_at_ms),
    leafIndex: BigInt(row.leaf_index ?? 0),
    mode: row.mode === 'delta' ? audiences.DeliveryMode.DELTA : audiences.DeliveryMode.FULL,
    refreshEvery: row.refresh_every_ms === null ? undefined : durationOf(row.refresh_every_ms),
    expiresAt: row.expires_at_ms === null ? undefined : new Date(row.expires_at_ms),
    deniability: row.blur_epsilon === null ? undefined : deniabilityOf(row.blur_epsilon),
    refreshedAt: row.refreshed_at_ms === null ? undefined : new Date(row.refreshed_at_ms),
    stoppedReason: row.stopped_reason ?? '',
  };
}
