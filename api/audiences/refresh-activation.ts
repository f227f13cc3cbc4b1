import { recordOf, tagsTouched } from '../../policies/index.ts';
import { costMessage } from '../collaborations/index.ts';
import { readDestination, readDestinationFacts } from '../destinations/index.ts';
import { loggingRefusals } from '../exits/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import { readCollaborationTags } from '../tags/index.ts';
import { holdPublication, keepHeld, nextVersion, refuse } from './activate-audience.ts';
import type { ActivationRow, AudienceRecord } from './audience-record.ts';
import { chargeChange, estimateAudience, type SizedAudience } from './estimate-audience.ts';
import { isReplaced } from './outbox.ts';
import type { PendingRefresh } from './pending-refresh.ts';
import { contentsText, snapshotsText } from './sized-snapshots.ts';

/** A refresh that was accepted, and what it cost. */
export interface AcceptedRefresh {
  readonly activation: ActivationRow;
  readonly charged: ReturnType<typeof costMessage>;
}

/**
 * Accepts that a publication is sent again from the newest data: everything that is held against a publication is held
 * against it again, and it pays for a size and for a noisy number of changed persons.
 *
 * Where the data has not changed since it was last asked for there is nothing to send and nothing to pay. Beyond that the requester sees nothing:
 * whether what changed is sent, or held back as too small, is decided behind the same state.
 *
 * @throws {ServiceError} AUDIENCE_REFUSED, BUDGET_SPENT or NOT_ACCEPTED
 */
export async function refreshActivation(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  activation: ActivationRow,
): Promise<AcceptedRefresh> {
  if (activation.state !== 'accepted' && activation.state !== 'delivered') {
    throw new ServiceError('NOT_ACCEPTED', 'this publication is withdrawn; activate the audience again');
  }
  const { row } = audience;
  const destination = await readDestination(kitchen, row.collaboration_id, activation.destination_id);
  if (destination === undefined) throw notFound('destination');
  const sized = await estimateAudience(kitchen, call, audience, 0);
  const to = await readDestinationFacts(kitchen, destination);
  const tags = tagsTouched(sized.checked, await readCollaborationTags(kitchen, row.collaboration_id));
  const publication = { audienceOwner: row.owner, blurEpsilon: activation.blur_epsilon, tags };
  const refreshId = newId('ref');
  const asked = { activationId: refreshId, destination: to, publication, sized };
  const held = await holdPublication(kitchen, audience, asked);
  const { violations } = held;
  const contents = contentsText(sized.snapshots);
  // Against what was asked for and not against what is in force: that one is paid for again and the other is not would
  // tell whether the last refresh was sent, and when.
  if (violations.length === 0 && activation.asked_contents === contents) return { activation, charged: sized.charged };
  const decision = await keepHeld(kitchen, call, audience, { asked, held });
  if (violations.length > 0) {
    const { activation_id: activationId } = activation;
    throw await refuse(kitchen, call, audience, { activationId, refreshId, decision, violations });
  }
  return await acceptChange(kitchen, call, audience, { activation, sized, contents, refreshId, decision });
}

interface AcceptedChange {
  readonly activation: ActivationRow;
  readonly sized: SizedAudience;
  readonly contents: string;
  readonly refreshId: string;
  readonly decision: string;
}

async function acceptChange(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  { activation, sized, contents, refreshId, decision }: AcceptedChange,
): Promise<AcceptedRefresh> {
  const { row } = audience;
  const { audience_id: id, collaboration_id: collaboration } = row;
  const refused: Record<string, string> = { audience: id, activation: activation.activation_id };
  const refusal = { kind: 'audience-refused' as const, collaboration, subject: refused };
  const change = await loggingRefusals(kitchen, call, refusal, () => chargeChange(kitchen, call, audience, refused));
  const { epsilon, delta, price, events } = change;
  const facts = { rho: price.rho, mechanisms: recordOf(events), size: change.sizeId, refresh: refreshId, decision };
  const subject = { audience: id, activation: activation.activation_id, ...facts, decidingCode: { ...kitchen.code } };
  await record(kitchen, { kind: 'audience-refreshed', call, collaboration, subject });
  const pending: PendingRefresh = {
    snapshots: snapshotsText(sized.snapshots),
    contents,
    persons: Number(sized.size.persons),
    epsilon,
    delta,
    isLargeEnough: false,
  };
  return {
    activation: await putRefresh(kitchen, activation, pending),
    charged: costMessage({
      epsilon: sized.charged.epsilon + price.epsilon,
      delta: sized.charged.delta + price.delta,
      rho: sized.charged.rho + price.rho,
    }),
  };
}

/**
 * Puts a refresh into the outbox, also before the first delivery has shown: what the destination has of that by now is for
 * the attempt to find out, and a change of it is held against the minimum like every other.
 */
async function putRefresh(
  kitchen: Kitchen,
  activation: ActivationRow,
  pending: PendingRefresh,
): Promise<ActivationRow> {
  const nowMs = kitchen.nowMs();
  const asked = { pending_refresh: JSON.stringify(pending), asked_contents: pending.contents };
  const due = { state: 'accepted' as const, attempt_count: 0, next_attempt_at_ms: nowMs, refreshed_at_ms: nowMs };
  return await kitchen.store.transaction(async (db) => {
    if (await isReplaced(db, activation)) return activation;
    const version = await nextVersion(db, activation.audience_id);
    const changed = await db
      .updateTable('activations')
      .set({ ...asked, ...due, version })
      .where('activation_id', '=', activation.activation_id)
      // A withdrawal that came in meanwhile stands; what must be replaced is sent first.
      .where('state', 'in', ['accepted', 'delivered'])
      .where('is_replacement', '=', 0)
      .returningAll()
      .executeTakeFirst();
    return changed ?? activation;
  });
}
