import { sql } from 'kysely';
import type { Database } from '../store/index.ts';

/**
 * The latest publication of each audience to each destination, as `own`, where it stands. An earlier one is not what the
 * destination has, and one that is being withdrawn is nobody's any more.
 */
export function latestStanding(db: Database) {
  return db
    .selectFrom('activations as own')
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
    );
}
