import type { strategy } from '../../proto/index.ts';
import { strategy as contract } from '../../proto/index.ts';
import { openSender, readDestination, retainedUntilMs } from '../destinations/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { ActivationRow, AudienceRow } from './audience-record.ts';
import { type DeliveryPlace, readArrived, readyPublication } from './ready-publication.ts';
import { type ReadyPublication, type SentPublication, sendPublication, sendWithdrawal } from './send-publication.ts';

const { FULL, DELTA } = contract.PublicationKind;
const MS_PER_S = 1_000;

/** How one attempt ended that reached its destination. */
export type Delivered =
  | (SentPublication & {
      /** When it must be forgotten there by the destination's terms; null for never. */
      readonly forgetAtMs: number | null;
    })
  /** Too little has changed to be sent. */
  | { readonly kind: 'too-small' };

/**
 * One attempt to deliver a publication or a withdrawal.
 *
 * A withdrawal is held against nothing: to stop a disclosure must always be possible.
 *
 * @throws {HeldBack} when what held at the acceptance holds no longer
 * @throws {DestinationFailed} when the destination could not be reached or did not confirm
 */
export async function deliver(kitchen: Kitchen, activation: ActivationRow, signal: AbortSignal): Promise<Delivered> {
  const destination = await readDestination(kitchen, activation.collaboration_id, activation.destination_id);
  if (destination === undefined) throw new Error('the destination is gone');
  const { audience_id: audienceId, version, withdrawal_reason: reason } = activation;
  const arrived = activation.state === 'revoking' ? undefined : await readArrived(kitchen, activation);
  if (arrived !== undefined) {
    const { receipt, madeAtMs } = arrived;
    return { kind: 'done', receipt, forgetAtMs: retainedUntilMs(destination, madeAtMs) };
  }
  const sender = await openSender(kitchen, destination, signal);
  try {
    if (activation.state === 'revoking') {
      return { ...(await sendWithdrawal(sender, { audienceId, version, reason }, signal)), forgetAtMs: null };
    }
    const audience = await readAudience(kitchen, audienceId);
    const place = { activation, audience, destination, signal };
    // Only now that it is connected: for a destination that is down nobody's data need be touched.
    const publication = await readyPublication(kitchen, place);
    if (publication === 'too-small') return { kind: 'too-small' };
    const begin = beginOf(place, publication);
    const forgetAtMs = retainedUntilMs(destination, publication.madeAtMs);
    return { ...(await sendPublication(kitchen, sender, { audienceId, publication, begin }, signal)), forgetAtMs };
  } finally {
    await sender.close();
  }
}

async function readAudience(kitchen: Kitchen, audienceId: string): Promise<AudienceRow> {
  return await kitchen.store.db
    .selectFrom('audiences')
    .selectAll()
    .where('audience_id', '=', audienceId)
    .executeTakeFirstOrThrow();
}

function beginOf(
  { activation, audience, destination }: DeliveryPlace,
  { kind, baseVersion, batchCount, madeAtMs }: ReadyPublication,
): strategy.PublicationBegin {
  const endsAtMs = endOf(activation, retainedUntilMs(destination, madeAtMs));
  return {
    displayName: audience.display_name,
    identifier: destination.identifier,
    purpose: destination.purpose,
    kind: kind === 'full' ? FULL : DELTA,
    baseVersion: BigInt(baseVersion ?? 0),
    batchCount,
    expiresAtS: endsAtMs === null ? 0n : BigInt(Math.floor(endsAtMs / MS_PER_S)),
    blurred: activation.blur_epsilon !== null,
  };
}

/** When what was made ends at the destination: by its own plan or by the destination's terms; null for never. */
function endOf({ expires_at_ms: expiresAtMs }: ActivationRow, retainedAtMs: number | null): number | null {
  if (expiresAtMs === null || retainedAtMs === null) return expiresAtMs ?? retainedAtMs;
  return Math.min(expiresAtMs, retainedAtMs);
}
