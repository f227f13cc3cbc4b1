import { checkAudienceSize, checkDestination, type IdentifierKind, type Violation } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { type Call, notFound, type ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { type ActivationRow, type AudienceRecord, admitToAudience, audienceRefused } from './audience-record.ts';
import { readDestination } from './destinations.ts';
import { estimateAudience } from './estimate-audience.ts';

/**
 * Accepts the publication of an audience: destination, minimum and log first, then delivery in the background.
 *
 * The released size alone decides: an exact count compared with the minimum would tell who is in.
 */
export async function activateAudience(
  kitchen: Kitchen,
  call: Call,
  request: audiences.ActivateAudienceRequest,
): Promise<string> {
  const audience = await admitToAudience(kitchen, call, 'activate-audience', request.audienceId);
  const { row } = audience;
  const destination = await readDestination(kitchen, row.collaboration_id, request.destinationId);
  if (destination === undefined) throw notFound('destination');
  const { checked, size } = await estimateAudience(kitchen, call, audience, 0);
  const facts = {
    destination: destination.destination_id,
    owner: destination.owner,
    identifier: destination.identifier as IdentifierKind,
  };
  const violations = [...checkDestination(checked, facts), ...checkAudienceSize(checked, size.persons)];
  if (violations.length > 0) throw await refuse(kitchen, call, audience, violations);
  const activationId = newId('act');
  const leafIndex = await record(kitchen, {
    kind: 'audience-activated',
    call,
    collaboration: row.collaboration_id,
    subject: { audience: row.audience_id, activation: activationId, destination: facts.destination },
  });
  return await kitchen.store.transaction(async (db) => {
    const version = await nextVersion(db, row.audience_id);
    await db
      .insertInto('activations')
      .values({
        activation_id: activationId,
        audience_id: row.audience_id,
        destination_id: facts.destination,
        collaboration_id: row.collaboration_id,
        version,
        state: 'accepted',
        receipt: '',
        attempt_count: 0,
        next_attempt_at_ms: kitchen.nowMs(),
        accepted_at_ms: kitchen.nowMs(),
        delivered_at_ms: null,
        revoked_at_ms: null,
        leaf_index: leafIndex,
      })
      .execute();
    return activationId;
  });
}

async function refuse(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  violations: readonly Violation[],
): Promise<ServiceError> {
  const subject = { audience: row.audience_id, rules: violations.map((v) => v.rule) };
  await record(kitchen, { kind: 'audience-refused', call, collaboration: row.collaboration_id, subject });
  return audienceRefused(violations);
}

async function nextVersion(db: Database, audienceId: string): Promise<number> {
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
