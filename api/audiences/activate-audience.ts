import { statementDigest } from '../../audit/index.ts';
import {
  type ActivationInputs,
  checkAudienceSize,
  checkDestination,
  type DestinationFacts,
  type Publication,
  tagsTouched,
  type Violation,
} from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { keepDecision } from '../decisions/index.ts';
import { readDestination, readDestinationFacts } from '../destinations/index.ts';
import { loggingRefusals } from '../exits/index.ts';
import { type Call, notFound, type ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, type Remember, record, recordPlaced } from '../kitchen/index.ts';
import { keepReceipt, signReceipt } from '../receipts/index.ts';
import type { Database } from '../store/index.ts';
import { chargeTags, readCollaborationTags, type TaggedPublication } from '../tags/index.ts';
import { activationStatement } from './activation-statement.ts';
import { type ActivationRow, type AudienceRecord, admitToAudience, audienceRefused } from './audience-record.ts';
import { demandedBlur, deniabilityOf } from './blur.ts';
import { countBlur } from './blur-account.ts';
import type { ReadPlan } from './delivery-plan.ts';
import { estimateAudience, type SizedAudience } from './estimate-audience.ts';
import { placeOf } from './keep-audience-decision.ts';
import { contentsText, snapshotsText } from './sized-snapshots.ts';

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
  {
    destinationId,
    plan,
    remember,
  }: { readonly destinationId: string; readonly plan: ReadPlan; readonly remember: Remember },
): Promise<string> {
  const { row } = audience;
  const destination = await readDestination(kitchen, row.collaboration_id, destinationId);
  if (destination === undefined) throw notFound('destination');
  const sized = await estimateAudience(kitchen, call, audience, 0);
  const to = await readDestinationFacts(kitchen, destination);
  const tags = tagsTouched(sized.checked, await readCollaborationTags(kitchen, row.collaboration_id));
  const blurEpsilon = demandedBlur(sized.checked, plan.blurEpsilon, tags);
  const activationId = newId('act');
  const asked = { activationId, destination: to, publication: { audienceOwner: row.owner, blurEpsilon, tags }, sized };
  const { decision, violations } = await decideOnPublication(kitchen, call, audience, asked);
  if (violations.length > 0) throw await refuse(kitchen, call, audience, { activationId, decision, violations });
  const { collaboration } = audience;
  const tagged = { activationId, collaboration, actingFor: row.owner, checked: sized.checked, tags };
  const price = await chargingTags(kitchen, call, audience, { tagged, decision });
  const deniability = blurEpsilon === null ? null : deniabilityOf(blurEpsilon);
  const accepting = { activationId, call, audience, destinationId, sized, decision, deniability };
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
      ...price,
      ...(deniability === null ? {} : { deniability: { ...deniability } }),
    },
  });
  const of = { kind: 'activation' as const, id: activationId, collaborationId: row.collaboration_id };
  const receipt = await signReceipt(kitchen, { ...of, statement }, placed);
  const accepted = {
    ...newActivation(kitchen, call, { audience, destinationId, sized }),
    ...plannedFields({ ...plan, blurEpsilon }, kitchen.nowMs()),
  };
  await kitchen.store.transaction(async (db) => {
    const version = await nextVersion(db, row.audience_id);
    const activation = { ...accepted, activation_id: activationId, version, leaf_index: placed.leafIndex };
    await db.insertInto('activations').values(activation).execute();
    await keepReceipt(db, receipt);
    await remember(db, Buffer.from(activationId));
  });
  return activationId;
}

function plannedFields({ mode, refreshEveryMs, expiresAtMs, blurEpsilon }: ReadPlan, nowMs: number) {
  return {
    mode,
    refresh_every_ms: refreshEveryMs,
    next_refresh_at_ms: refreshEveryMs === null ? null : nowMs + refreshEveryMs,
    expires_at_ms: expiresAtMs,
    blur_epsilon: blurEpsilon,
  };
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
    contents: contentsText(sized.snapshots),
    asked_contents: contentsText(sized.snapshots),
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

/** A publication, or a refresh of one, that is asked for. */
export interface AskedPublication {
  readonly activationId: string;
  readonly destination: DestinationFacts;
  readonly publication: Publication;
  readonly sized: SizedAudience;
}

/** What is decided on a publication, and under which name that is kept. */
export interface DecidedPublication {
  readonly decision: string;
  readonly violations: readonly Violation[];
}

/** Holds a publication against everything, and keeps what it is decided from. */
async function decideOnPublication(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  asked: AskedPublication,
): Promise<DecidedPublication> {
  const held = await holdPublication(kitchen, audience, asked);
  return { decision: await keepHeld(kitchen, call, audience, { asked, held }), violations: held.violations };
}

/** What a publication was held against, and what it breaks. */
export interface HeldPublication {
  readonly inputs: ActivationInputs;
  readonly violations: readonly Violation[];
}

/** Holds a publication against everything. Whether the size is large enough is told further, and not the size. */
export async function holdPublication(
  kitchen: Kitchen,
  { row }: AudienceRecord,
  { destination, publication, sized }: AskedPublication,
): Promise<HeldPublication> {
  const { checked, snapshots } = sized;
  const tooSmall = checkAudienceSize(checked, sized.size.persons, destination);
  const isRefused = tooSmall.length > 0;
  const counted = { audience: row, checked, snapshots, destination, publication };
  const held = await countBlur(kitchen, counted, isRefused);
  const violations = [...checkDestination(checked, destination, held), ...tooSmall];
  return { inputs: { ...sized.inputs, ...held, destination, isLargeEnough: !isRefused }, violations };
}

/** Keeps what a publication is decided from, and gives the digest by which its entry binds it. */
export async function keepHeld(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  { asked, held }: { readonly asked: AskedPublication; readonly held: HeldPublication },
): Promise<string> {
  const { collaboration_id: collaborationId, owner: actingFor } = row;
  const place = placeOf({ call, subjectId: asked.activationId, collaborationId, actingFor }, asked.sized.checked);
  const kind = held.violations.length > 0 ? 'refused' : 'admitted';
  return await keepDecision(kitchen, kitchen.store.db, place, { about: 'activation', inputs: held.inputs, kind });
}

/** Charges the tags; that a budget cannot bear them is logged like every refusal. */
async function chargingTags(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  { tagged, decision }: { readonly tagged: TaggedPublication; readonly decision: string },
): ReturnType<typeof chargeTags> {
  const subject = { audience: row.audience_id, activation: tagged.activationId, decision };
  const refusal = { kind: 'audience-refused' as const, collaboration: row.collaboration_id, subject };
  return await loggingRefusals(kitchen, call, refusal, () => chargeTags(kitchen, call, tagged));
}

/** Logs that a publication is refused, and gives what its requester is told. */
export async function refuse(
  kitchen: Kitchen,
  call: Call,
  { row }: AudienceRecord,
  refused: DecidedPublication & { readonly activationId: string; readonly refreshId?: string },
): Promise<ServiceError> {
  const { activationId, refreshId, decision, violations } = refused;
  const rules = violations.map((v) => v.rule);
  const subject = {
    audience: row.audience_id,
    activation: activationId,
    ...(refreshId === undefined ? {} : { refresh: refreshId }),
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
    const changed = {
      state: 'revoking' as const,
      pending_refresh: null,
      version,
      attempt_count: 0,
      next_attempt_at_ms: kitchen.nowMs(),
    };
    await db.updateTable('activations').set(changed).where('activation_id', '=', activation.activation_id).execute();
    return { ...activation, ...changed };
  });
}

/** The latest publication of an audience to a destination; undefined when there was none. */
export async function latestActivation(
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
