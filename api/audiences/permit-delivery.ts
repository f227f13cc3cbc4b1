import {
  type CheckedAudience,
  checkAudienceSize,
  checkDestination,
  type DestinationFacts,
  type Publication,
  tagsTouched,
} from '../../policies/index.ts';
import type { Role } from '../auth/index.ts';
import { readCollaboration } from '../collaborations/index.ts';
import type { TableSnapshot } from '../datasets/index.ts';
import { type DestinationRow, readDestinationFacts } from '../destinations/index.ts';
import { MAX_READING_MS } from '../exits/index.ts';
import { ServiceError } from '../grpc/index.ts';
import { beginWork, type Kitchen, type Work } from '../kitchen/index.ts';
import { readCollaborationTags } from '../tags/index.ts';
import {
  type ActivationRow,
  type AudienceRecord,
  type AudienceRow,
  checkStored,
  decideOnAudience,
} from './audience-record.ts';
import { HeldBack } from './held-back.ts';
import { readSizedSnapshots } from './sized-snapshots.ts';

/** A publication that may be sent now. */
export interface PermittedDelivery {
  readonly collaborationId: string;
  readonly destination: DestinationRow;
  readonly to: DestinationFacts;
  readonly publication: Publication;
  readonly checked: CheckedAudience;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
}

/**
 * Holds a publication again against everything that was held at its acceptance: rights, rules, minimum, snapshots.
 *
 * Between acceptance and delivery lie minutes or weeks, as long as the destination is down. An ISV could use them:
 * activate a large audience, and let it be delivered after its grant has ended, or over data that has become one
 * person.
 *
 * @throws {HeldBack} when something no longer holds
 */
export async function permitDelivery(
  kitchen: Kitchen,
  activation: ActivationRow,
  of: { readonly row: AudienceRow; readonly destination: DestinationRow; readonly signal: AbortSignal },
): Promise<PermittedDelivery> {
  const { row, destination, signal } = of;
  const collaborationId = activation.collaboration_id;
  const collaboration = await readCollaboration(kitchen, collaborationId);
  if (collaboration === undefined) throw new Error('the collaboration is gone');
  assertRights(kitchen, activation, { row, collaboration });
  const work = beginWork({ lane: activation.member, maxMs: MAX_READING_MS, signal });
  const checked = await checkAgain(kitchen, { row, collaboration }, work);
  const to = await readDestinationFacts(kitchen, destination);
  // A tag that was said to be sensitive in the meantime demands a blur from now on.
  const tags = tagsTouched(checked, await readCollaborationTags(kitchen, collaborationId));
  const publication = { audienceOwner: row.owner, blurEpsilon: activation.blur_epsilon, tags };
  const violations = [
    ...checkDestination(checked, to, publication),
    ...checkAudienceSize(checked, BigInt(activation.persons), to),
  ];
  if (violations.length > 0) throw new HeldBack('rules-refuse');
  const snapshots = await readSizedSnapshots(kitchen, collaborationId, activation.snapshots);
  if (!checked.tables.every((t) => snapshots.has(t.view.datasetId))) throw new HeldBack('snapshot-is-gone');
  return { collaborationId, destination, to, publication, checked, snapshots };
}

/** The decision that let the activation in, for the same principal, by the collaboration and the grants of now. */
function assertRights(kitchen: Kitchen, activation: ActivationRow, audience: AudienceRecord): void {
  if (audience.collaboration.row.suspended_at_ms !== null) throw new HeldBack('collaboration-suspended');
  const { principal, member, role } = activation;
  const requester = { principal, member, role: role as Role, scopes: { collaborations: [] } };
  if (!decideOnAudience(kitchen, requester, 'activate-audience', audience).allowed) throw new HeldBack('rights-ended');
}

async function checkAgain(kitchen: Kitchen, audience: AudienceRecord, work: Work): Promise<CheckedAudience> {
  try {
    return (await checkStored(kitchen, audience, work)).checked;
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    if (cause.code === 'AUDIENCE_REFUSED') throw new HeldBack('rules-refuse');
    if (cause.code === 'NOT_ACCEPTED') throw new HeldBack('owner-has-not-accepted');
    if (cause.code === 'RECORD_ERASED') throw new HeldBack('definition-is-erased');
    throw cause;
  }
}
