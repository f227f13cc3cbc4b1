// The activations table is the outbox: a row is written with its acceptance and changes state only after the
// destination has confirmed. A crash on either side means another attempt, which the destination knows by audience and
// version; so that the effect happens once.
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import type { ActivationRow } from './audience-record.ts';

/** States in which something is still to be sent. */
export type OpenState = 'accepted' | 'revoking';

/** What must not be taken from the outbox now. */
export interface Taken {
  /** Being sent or confirmed. */
  readonly activationIds: readonly string[];
  /** Destinations with an attempt under way. */
  readonly destinations: readonly { readonly collaborationId: string; readonly destinationId: string }[];
}

/** The delivery in a state that has been due longest; undefined when there is none. */
export async function nextDue(kitchen: Kitchen, state: OpenState, taken: Taken): Promise<ActivationRow | undefined> {
  return await kitchen.store.db
    .selectFrom('activations as due')
    .selectAll('due')
    .where('due.state', '=', state)
    .where('due.next_attempt_at_ms', '<=', kitchen.nowMs())
    .where('due.activation_id', 'not in', taken.activationIds)
    .where(({ eb, and, or }) =>
      and(
        taken.destinations.map(({ collaborationId, destinationId }) =>
          or([eb('due.collaboration_id', '!=', collaborationId), eb('due.destination_id', '!=', destinationId)]),
        ),
      ),
    )
    // A later publication or withdrawal of the audience there stands in the place of this one.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('activations as later')
            .select('later.activation_id')
            .whereRef('later.audience_id', '=', 'due.audience_id')
            .whereRef('later.destination_id', '=', 'due.destination_id')
            .whereRef('later.version', '>', 'due.version'),
        ),
      ),
    )
    .orderBy('due.next_attempt_at_ms')
    .executeTakeFirst();
}

/** Whether a later activation of the audience stands in the place of one: then that one's version must not be raised. */
export async function isReplaced(db: Database, activation: ActivationRow): Promise<boolean> {
  const later = await db
    .selectFrom('activations')
    .select('activation_id')
    .where('audience_id', '=', activation.audience_id)
    .where('destination_id', '=', activation.destination_id)
    .where('activation_id', '!=', activation.activation_id)
    .where('version', '>', activation.version)
    .executeTakeFirst();
  return later !== undefined;
}

/**
 * Which of these publications must not go on as they are: revoked meanwhile, or to be sent anew because persons in them count
 * no longer. What such a one has open it could read to its end, also where an erasure has removed it.
 */
export async function findOvertaken(
  kitchen: Kitchen,
  publications: readonly Pick<ActivationRow, 'activation_id' | 'version'>[],
): Promise<ReadonlySet<string>> {
  const versions = new Map(publications.map(({ activation_id: id, version }) => [id, version]));
  const rows = await kitchen.store.db
    .selectFrom('activations')
    .select(['activation_id', 'version', 'state', 'is_replacement'])
    .where('activation_id', 'in', [...versions.keys()])
    .execute();
  const overtaken = rows.filter(({ activation_id: id, version, state, is_replacement: isReplacement }) => {
    return state === 'revoking' || state === 'revoked' || (isReplacement === 1 && version !== versions.get(id));
  });
  return new Set(overtaken.map((row) => row.activation_id));
}
