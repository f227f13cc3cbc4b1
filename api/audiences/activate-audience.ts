import { statementDigest } from '../../audit/index.ts';
import { checkAudienceSize, checkDestination, type DestinationFacts, type Violation } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { keepDecision } from '../decisions/index.ts';
import { type Call, notFound, type ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, type Remember, record, recordPlaced } from '../kitchen/index.ts';
import { keepReceipt, signReceipt } from '../receipts/index.ts';
import type { Database } from '../store/index.ts';
import { activationStatement } from './activation-statement.ts';
import { type ActivationRow, type AudienceRecord, admitToAudience, audienceRefused } from './audience-record.ts';
import { destinationFacts, readDestination } from './destinations.ts';
import { estimateAudience, type SizedAudience } from './estimate-audience.ts';
import { placeOf } from './keep-audience-decision.ts';
import { snapshotsText } from './sized-snapshots.ts';

/**
 * Accepts the publication of an audience: destination, minimum and log first, then delivery in the background.
 *
 * The released size alone decides: an exact count compared with the minimum would tell who is in. What is delivered
 * later are the very snapshots it was released for, so that the minimum that was held is the minimum of what leaves.
 */
export async function activateAudience(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  { destinationId, remember }: { readonly destinationId: string; readonly remember: Remember },
): Promise<string> {
  const { row } = audience;
  const destination = await readDestination(kitchen, row.collaboration_id, destinationId);
  if (destination === undefined) throw notFound('destination');
  const sized = await estimateAudience(kitchen, call, audience, 0);
  const tooSmall = checkAudienceSize(sized.checked, sized.size.persons);
  const violations = [...checkDestination(sized.checked, destinationFacts(destination)), ...tooSmall];
  const activationId = newId('act');
  const facts = { activationId, destination: destinationFacts(destination), isLargeEnough: tooSmall.length === 0 };
  const decision = await keepActivation(kitchen, call, audience, { ...facts, sized, violations });
  if (violations.length > 0) throw await refuse(kitchen, call, audience, { activationId, decision, violations });
  const accepting = { activationId, call, audience, destinationId, sized, decision };
  const statement = await activationStatement(kitchen, accepting);
  const placed = await recordPlaced(kitchen, {
    kind: 'audience-activated',
    call,
    collaboration: row.collaboration_id,
    subject: {
      audience: row.audience_id,
      activation: activationId,
      destination: destinationId,
      decision,
      decidingCode: { ...kitchen.code },
      receipt: statementDigest(statement),
    },
  });
  const of = { kind: 'activation' as const, id: activationId, collaborationId: row.collaboration_id };
  const receipt = await signReceipt(kitchen, { ...of, statement }, placed);
  const accepted = newActivation(kitchen, call, { audience, destinationId, sized });
  await kitchen.store.transaction(async (db) => {
    const version = await nextVersion(db, row.audience_id);
    const activation = { ...accepted, activation_id: activationId, version, leaf_index: placed.leafIndex };
    await db.insertInto('activations').values(activation).execute();
    await keepReceipt(db, receipt);
    await remember(db, Buffer.from(activationId));
  });
  return activationId;
}

interface Acceptance {
  readonly audience: AudienceRecord;
  readonly destinationId: string;
  readonly sized: SizedAudience;
}

function newActivation(kitchen: Kitchen, { principal }: Call, { audience, destinationId, sized }: Acceptance) {
  const nowMs = kitchen.nowMs();
  return {
    audience_id: audience.row.audience_id,
    destination_id: destinationId,
    collaboration_id: audience.row.collaboration_id,
    principal: principal.principal,
    member: principal.member,
    role: principal.role,
    snapshots: snapshotsText(sized.snapshots),
    persons: Number(sized.size.persons),
    state: 'accepted' as const,
    held_back_reason: null,
    receipt: '',
    attempt_count: 0,
    next_attempt_at_ms: nowMs,
    accepted_at_ms: nowMs,
    delivered_at_ms: null,
    revoked_at_ms: null,
  };
}

interface HeldAgainst {
  readonly activationId: string;
  readonly destination: DestinationFacts;
  readonly isLargeEnough: boolean;
  readonly sized: SizedAudience;
  readonly violations: readonly Violation[];
}

/** Keeps what a publication is decided from, which is whether the size is large enough and not the size. */
async function keepActivation(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  { activationId, destination, isLargeEnough, sized, violations }: HeldAgainst,
): Promise<string> {
  const { collaboration_id: collaborationId, owner: actingFor } = row;
  const place = placeOf({ call, subjectId: activationId, collaborationId, actingFor }, sized.checked);
  const inputs = { ...sized.inputs, destination, isLargeEnough };
  const kind = violations.length > 0 ? 'refused' : 'admitted';
  return await keepDecision(kitchen, kitchen.store.db, place, { about: 'activation', inputs, kind });
}

async function refuse(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  {
    activationId,
    decision,
    violations,
  }: Pick<HeldAgainst, 'activationId' | 'violations'> & { readonly decision: string },
): Promise<ServiceError> {
  const rules = violations.map((v) => v.rule);
  const subject = {
    audience: row.audience_id,
    activation: activationId,
    rules,
    decision,
    decidingCode: { ...kitchen.code },
  };
  await record(kitchen, { kind: 'audience-refused', call, collaboration: row.collaboration_id, subject });
  return audienceRefused(violations);
}

/** Counts up the version of an audience: what is sent under a later one replaces what was sent before. */
export async function nextVersion(db: Database, audienceId: string): Promise<number> {
  const row = await db
    .updateTable('audiences')
    .set((update) => ({ version: update('version', '+', 1) }))
    .where('audience_id', '=', audienceId)
    .returning('version')
    .executeTakeFirstOrThrow();
  return row.version;
}

/** Withdraws an audience from a destination; the withdrawal itself is delivered like a publication. */
export async function revokeAudience(
  kitchen: Kitchen,
  call: Call,
  request: audiences.RevokeAudienceRequest,
): Promise<ActivationRow> {
  const { row } = await admitToAudience(kitchen, call, 'revoke-audience', request.audienceId);
  const activation = await latestActivation(kitchen, row.audience_id, request.destinationId);
  if (activation === undefined) throw notFound('destination');
  if (activation.state === 'revoking' || activation.state === 'revoked') return activation;
  const subject = { audience: row.audience_id, activation: activation.activation_id };
  await record(kitchen, { kind: 'audience-revoked', call, collaboration: row.collaboration_id, subject });
  return await kitchen.store.transaction(async (db) => {
    const version = await nextVersion(db, row.audience_id);
    const changed = { state: 'revoking' as const, version, attempt_count: 0, next_attempt_at_ms: kitchen.nowMs() };
    await db.updateTable('activations').set(changed).where('activation_id', '=', activation.activation_id).execute();
    return { ...activation, ...changed };
  });
}

async function latestActivation(
  kitchen: Kitchen,
  audienceId: string,
  destinationId: string,
): Promise<ActivationRow | undefined> {
  return await kitchen.store.db
    .selectFrom('activations')
    .selectAll()
    .where('audience_id', '=', audienceId)
    .where('destination_id', '=', destinationId)
    .orderBy('version', 'desc')
    .executeTakeFirst();
}
