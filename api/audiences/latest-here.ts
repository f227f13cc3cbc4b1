import type { Database } from '../store/index.ts';
import { latestStanding } from './latest-standing.ts';

/** The latest publication of each audience to a destination where it stands, with whose it is and what it reads. */
export async function latestHere(
  db: Database,
  at: { readonly collaborationId: string; readonly destinationId: string },
) {
  return await latestStanding(db)
    .innerJoin('audiences', 'audiences.audience_id', 'own.audience_id')
    .select(['own.activation_id', 'own.audience_id', 'audiences.owner', 'audiences.tables'])
    .where('own.collaboration_id', '=', at.collaborationId)
    .where('own.destination_id', '=', at.destinationId)
    .execute();
}
