import { rankKinds } from '../../policies/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import type { SealedWriter } from '../vault/index.ts';
import { readColumnChunks, writeColumnChunk } from './column-file.ts';
import { columnPlace, personPlace } from './places.ts';
import type { SpinePart, SpineScope } from './spine-scope.ts';

/** Longest time to name the rows of one part: a hundred million rows. */
const PSEUDONYMISE_DEADLINE_MS = 1_800_000;

/** What the rows of a part are named by, before the spine. */
export type NodeColumns = Tables['node_columns'];

/**
 * Names the rows of a part by nodes in a collaboration, and notes which identifiers stood together, unless that is done.
 *
 * Each collaboration has its own keys, one for each kind, so that two collaborations cannot join their persons. Made by a
 * worker that gets digests and keys and nothing else, in the lane of whose data it is.
 */
export async function ensureNodeColumns(
  kitchen: Kitchen,
  { collaborationId, identity }: Pick<SpineScope, 'collaborationId' | 'identity'>,
  part: SpinePart,
): Promise<NodeColumns> {
  const made = await kitchen.store.db
    .selectFrom('node_columns')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where('part_id', '=', part.partId)
    .executeTakeFirst();
  if (made !== undefined) return made;
  const row = { collaboration_id: collaborationId, part_id: part.partId, made_at_ms: kitchen.nowMs() };
  const columns = { ...row, ...(await nameRows(kitchen, { collaborationId, identity }, part)) };
  await kitchen.store.db.insertInto('node_columns').values(columns).execute();
  return columns;
}

async function nameRows(
  kitchen: Kitchen,
  { collaborationId, identity }: Pick<SpineScope, 'collaborationId' | 'identity'>,
  { partId, datasetId, owner, identifiers }: SpinePart,
): Promise<Pick<NodeColumns, 'nodes_file' | 'links_file' | 'singles_file' | 'column_digest'>> {
  const ranks = rankKinds(
    identity.rules,
    identifiers.map(({ kind }) => kind),
  );
  const id = newId('nodes');
  const names = { nodes: `${id}.sealed`, links: `${id}-links.sealed`, singles: `${id}-singles.sealed` };
  const hasLinks = identifiers.length > 1;
  const kinds = hasLinks ? (['nodes', 'links', 'singles'] as const) : (['nodes'] as const);
  const files = new Map<string, SealedWriter>();
  try {
    for (const kind of kinds) {
      const place = personPlace(kitchen, collaborationId, { fileName: names[kind], datasetId });
      files.set(kind, await kitchen.vault.createFile(place));
    }
    const columns = identifiers.map(({ kind, index }) => ({
      key: kitchen.vault.deriveKey(`node/${collaborationId}/${kind}`).export(),
      rank: ranks.get(kind) as number,
      chunks: () => readColumnChunks(kitchen, columnPlace(kitchen, { partId, datasetId }, index)),
    }));
    const limits = { deadlineMs: PSEUDONYMISE_DEADLINE_MS, lane: owner };
    for await (const { kind, bytes } of kitchen.wall.pseudonymise({ columns }, limits)) {
      // INVARIANT: of one column only nodes are told.
      await writeColumnChunk(files.get(kind) as SealedWriter, bytes);
    }
    const digests = new Map<string, string>();
    for (const [kind, file] of files) digests.set(kind, (await file.finish()).sha256);
    return {
      nodes_file: names.nodes,
      links_file: hasLinks ? names.links : null,
      singles_file: hasLinks ? names.singles : null,
      column_digest: digests.get('nodes') as string,
    };
  } finally {
    for (const file of files.values()) await file.abandon();
  }
}
