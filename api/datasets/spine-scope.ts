import { sql } from 'kysely';
import { type IdentifierKind, rankKinds } from '../../policies/index.ts';
import { digestOf, type Kitchen } from '../kitchen/index.ts';
import { columnsOf, identifiersOf, type SchemaIdentifier } from './dataset-columns.ts';
import { type IdentityInForce, identityInForce } from './identity-in-force.ts';

/** A part as a spine sees it. */
export interface SpinePart {
  readonly partId: string;
  readonly datasetId: string;
  /** The member whose it is. */
  readonly owner: string;
  readonly identifiers: readonly SchemaIdentifier[];
}

/** What the persons of a collaboration follow from. */
export interface SpineScope {
  readonly collaborationId: string;
  readonly identity: IdentityInForce;
  /** In the order in which they decide: who created it, then as they were invited. */
  readonly members: readonly string[];
  /** Of the newest snapshot of each bound dataset that names persons. */
  readonly parts: readonly SpinePart[];
  readonly ranks: ReadonlyMap<IdentifierKind, number>;
}

/** Finds out what the persons of a collaboration follow from as it stands. */
export async function readSpineScope(kitchen: Kitchen, collaborationId: string): Promise<SpineScope> {
  const identity = await identityInForce(kitchen, collaborationId);
  const members = await readMembers(kitchen, collaborationId);
  const parts = await readSpineParts(kitchen, collaborationId);
  const kinds = parts.flatMap((part) => part.identifiers.map(({ kind }) => kind));
  return { collaborationId, identity, members, parts, ranks: rankKinds(identity.rules, kinds) };
}

/** Whether any rows carry two identifiers: otherwise each is a person, and there is nothing to resolve. */
export function isLinked({ parts }: SpineScope): boolean {
  return parts.some(({ identifiers }) => identifiers.length > 1);
}

/** Names what a spine is resolved from: equal names, equal spines. */
export function inputsDigest({ identity, members, parts }: SpineScope): string {
  return digestOf(JSON.stringify([identity.digest, members, parts.map(({ partId, owner }) => [partId, owner])]));
}

async function readMembers(kitchen: Kitchen, collaborationId: string): Promise<readonly string[]> {
  const { db } = kitchen.store;
  const { creator } = await db
    .selectFrom('collaborations')
    .select('creator')
    .where('collaboration_id', '=', collaborationId)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('collaboration_members')
    .select('member')
    .where('collaboration_id', '=', collaborationId)
    .orderBy('invited_at_ms')
    .orderBy(sql`rowid`)
    .execute();
  return [creator, ...rows.map((r) => r.member).filter((member) => member !== creator)];
}

/** The parts of the newest snapshot of each bound dataset that names persons, in one order. */
export async function readSpineParts(kitchen: Kitchen, collaborationId: string): Promise<readonly SpinePart[]> {
  const rows = await kitchen.store.db
    .selectFrom('bindings')
    .innerJoin('datasets', 'datasets.dataset_id', 'bindings.dataset_id')
    .innerJoin('snapshots', 'snapshots.dataset_id', 'datasets.dataset_id')
    .select(['datasets.dataset_id as datasetId', 'datasets.owner', 'datasets.columns', 'snapshots.snapshot_id as id'])
    .where('bindings.collaboration_id', '=', collaborationId)
    .where('snapshots.state', '=', 'published')
    .orderBy('snapshots.published_at_ms')
    .orderBy('snapshots.leaf_index')
    .execute();
  const newest = [...new Map(rows.map((row) => [row.datasetId, row])).values()].flatMap(({ columns, ...row }) => {
    const identifiers = identifiersOf(columnsOf(columns));
    return identifiers.length === 0 ? [] : [{ ...row, identifiers }];
  });
  const ids = newest.map(({ id }) => id);
  const query = kitchen.store.db.selectFrom('snapshot_parts').select(['snapshot_id', 'part_id']);
  const own = ids.length === 0 ? [] : await query.where('snapshot_id', 'in', ids).execute();
  const bySnapshot = Map.groupBy(own, (row) => row.snapshot_id);
  const parts = newest.flatMap(({ id, datasetId, owner, identifiers }): SpinePart[] =>
    (bySnapshot.get(id) ?? []).map((row) => ({ partId: row.part_id, datasetId, owner, identifiers })),
  );
  // In one order, whatever was published last: the same parts must have the same name.
  return parts.toSorted((a, b) => (a.partId < b.partId ? -1 : 1));
}
