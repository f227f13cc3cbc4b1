import { sql } from 'kysely';
import type { Database } from '../store/index.ts';

/** The latest publication of each audience to a destination where it stands, with whose it is and what it reads. */
export async function latestHere(
  db: Database,
  at: { readonly collaborationId: string; readonly destinationId: string },
) {
  return await db
    .selectFrom('activations as own')
    .innerJoin('audiences', 'audiences.audience_id', 'own.audience_id')
    .select(['own.activation_id', 'own.audience_id', 'audiences.owner', 'audiences.tables'])
    .where('own.collaboration_id', '=', at.collaborationId)
    .where('own.destination_id', '=', at.destinationId)
    .where('own.state', 'in', ['accepted', 'delivered'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('activations as later')
            .select(sql<number>`1`.as('one'))
            .whereRef('later.audience_id', '=', 'own.audience_id')
            .whereRef('later.destination_id', '=', 'own.destination_id')
            .whereRef('later.version', '>', 'own.version'),
        ),
      ),
    )
    .execute();
}
