import type { Tag } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** The tags of all owners of a collaboration, by owner and name, and when the newest catalogue was published. */
export async function readCatalogues(
  kitchen: Kitchen,
  collaborationId: string,
): Promise<{ readonly tags: readonly Tag[]; readonly publishedAtMs: number | null }> {
  const rows = await kitchen.store.db
    .selectFrom('tag_catalogues')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .orderBy('owner')
    .execute();
  const publishedAtMs = rows.length === 0 ? null : Math.max(...rows.map((row) => row.published_at_ms));
  return { tags: rows.flatMap((row) => JSON.parse(row.tags) as Tag[]), publishedAtMs };
}

/** The tags of all owners of a collaboration. */
export async function readCollaborationTags(kitchen: Kitchen, collaborationId: string): Promise<readonly Tag[]> {
  return (await readCatalogues(kitchen, collaborationId)).tags;
}
