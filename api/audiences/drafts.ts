import type { Kitchen } from '../kitchen/index.ts';
import type { AudienceRow } from './audience-record.ts';

type Draft = Pick<AudienceRow, 'collaboration_id' | 'owner' | 'definer' | 'plan_digest' | 'functions'>;

/**
 * A definition of the same persons that was only sized, by the same caller for the same member; undefined when there is
 * none, or an erasure has taken its words along.
 *
 * A definition is described in the log before its size is charged, whether or not anything is made of it: so drafts are
 * audiences that nobody lists, and one question asked often leaves one.
 */
export async function findDraft(kitchen: Kitchen, draft: Draft): Promise<string | undefined> {
  const row = await kitchen.store.db
    .selectFrom('audiences')
    .innerJoin('entry_details', 'entry_details.subject_id', 'audiences.audience_id')
    .select('audience_id')
    .where('audiences.collaboration_id', '=', draft.collaboration_id)
    .where('owner', '=', draft.owner)
    .where('definer', '=', draft.definer)
    .where('plan_digest', '=', draft.plan_digest)
    .where('functions', '=', draft.functions)
    .where('is_draft', '=', 1)
    .where('entry_details.kind', '=', 'definition')
    .where('entry_details.erased_by', 'is', null)
    .executeTakeFirst();
  return row?.audience_id;
}
