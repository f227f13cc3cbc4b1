// Erasing persons: find them → make every part of them anew without them → switch all snapshots in one step → receipt →
// stop what ran → remove what was. A crash before the switch leaves everything as it was, one after it nothing but files
// that nobody names, which the start removes; and the erasure goes on.
import { createHmac } from 'node:crypto';
import { replaceDeliveries } from '../audiences/index.ts';
import {
  columnsOf,
  dropPart,
  findLinked,
  identifiersOf,
  partsOfMember,
  type RewrittenPart,
  removePersonFile,
  removeVerdictFile,
  rewritePart,
  type Search,
  type SearchedPart,
  searchKey,
  soughtOf,
} from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { type ErasureRow, identifiersOfErasure, markSwitched } from './erasure-record.ts';
import { withoutPublications } from './without-publications.ts';

/** Parts that a receipt tells of one by one; an entry of the log has room for no more beside its identifiers. */
const MAX_RECEIPT_PARTS_COUNT = 100;

/** Files that nothing names any more. */
export type Leftovers = () => Promise<void>;

/** Carries an erasure of persons out up to the switch; answers what is left to remove. */
export async function erasePersons(kitchen: Kitchen, erasure: ErasureRow): Promise<Leftovers> {
  const asked = identifiersOfErasure(kitchen, erasure);
  const key = searchKey();
  for (;;) {
    const parts = (await partsOfMember(kitchen, erasure.member)).filter(hasPersons);
    const linked = await findLinked(kitchen, erasure.member, { parts, key, sought: soughtOf(key, asked) });
    const sought = soughtOf(key, mergeKinds([...asked, ...linked]));
    const leftovers = await rewriteAll(kitchen, erasure, { parts, search: { member: erasure.member, key, sought } });
    // All parts anew: what has come meanwhile may tie identifiers to a person that the others were not searched for.
    if (leftovers !== null) return leftovers;
  }
}

/** Makes parts anew and switches to them; null when an upload has come meanwhile. Nothing is left of what failed. */
async function rewriteAll(
  kitchen: Kitchen,
  erasure: ErasureRow,
  { parts, search }: { readonly parts: readonly SearchedPart[]; readonly search: Search },
): Promise<Leftovers | null> {
  const rewritten = new Map<string, RewrittenPart | null>();
  let leftovers: Leftovers | null = null;
  try {
    for (const part of parts) rewritten.set(part.partId, await rewritePart(kitchen, part, search));
    // Those without a part too: the first of one must not slip in between the last look and the switch.
    const datasetIds = await datasetsOf(kitchen, erasure.member);
    leftovers = await withoutPublications(kitchen, datasetIds, () =>
      switchUnlessNew(kitchen, erasure, { rewritten, datasetIds }),
    );
    return leftovers;
  } finally {
    if (leftovers === null)
      for (const part of rewritten.values()) if (part !== null) await dropPart(kitchen, part.made);
  }
}

async function datasetsOf(kitchen: Kitchen, member: string): Promise<readonly string[]> {
  const rows = await kitchen.store.db
    .selectFrom('datasets')
    .select(['dataset_id', 'columns'])
    .where('owner', '=', member)
    .where('erased_at_ms', 'is', null)
    .execute();
  return rows.filter(hasPersons).map((row) => row.dataset_id);
}

function hasPersons({ columns }: Pick<SearchedPart, 'columns'>): boolean {
  return identifiersOf(columnsOf(columns)).length > 0;
}

function mergeKinds(identifiers: ReturnType<typeof identifiersOfErasure>): ReturnType<typeof identifiersOfErasure> {
  return [...Map.groupBy(identifiers, ({ kind }) => kind)].map(([kind, same]) => ({
    kind,
    digests: same.flatMap(({ digests }) => digests),
  }));
}

interface Switch {
  readonly rewritten: ReadonlyMap<string, RewrittenPart | null>;
  readonly datasetIds: readonly string[];
}

/** Switches, unless an upload has come meanwhile that was not searched; then answers null. */
async function switchUnlessNew(kitchen: Kitchen, erasure: ErasureRow, of: Switch): Promise<Leftovers | null> {
  const parts = (await partsOfMember(kitchen, erasure.member)).filter(hasPersons);
  if (!parts.every((part) => of.rewritten.has(part.partId))) return null;
  const { member, identifier_count: identifierCount } = erasure;
  const changed = [...of.rewritten.values()].filter((part) => part !== null);
  const receipt = await receiptOf(kitchen, erasure, of.rewritten);
  const removed = await kitchen.store.transaction(async (db) => {
    const files = { persons: [] as PersonFile[], verdicts: [] as string[] };
    for (const part of changed) await switchPart(db, part, files);
    await recount(db, of.datasetIds);
    await replaceDeliveries(db, { datasetIds: of.datasetIds, identifierCount, nowMs: kitchen.nowMs() });
    const waiting = await db
      .selectFrom('uploads')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('member', '=', member)
      .where('state', '!=', 'published')
      .executeTakeFirstOrThrow();
    const numbers = {
      rowCount: changed.reduce((sum, { old, made }) => sum + old.row_count - made.row_count, 0),
      refusedRowCount: changed.reduce((sum, { old }) => sum + old.rejected_count, 0),
      partCount: changed.length,
      waitingUploadCount: waiting.count,
    };
    await markSwitched(kitchen, db, erasure, { numbers, receipt });
    return files;
  });
  return async () => {
    for (const { old } of changed) await dropPart(kitchen, old);
    for (const { collaborationId, fileName } of removed.persons)
      await removePersonFile(kitchen, collaborationId, fileName);
    for (const fileName of removed.verdicts) await removeVerdictFile(kitchen, fileName);
  };
}

interface PersonFile {
  readonly collaborationId: string;
  readonly fileName: string;
}

/** Puts a part in the place of another, in every snapshot that has it, and takes all that was made of the old one away. */
async function switchPart(
  db: Database,
  { old, made }: RewrittenPart,
  files: { readonly persons: PersonFile[]; readonly verdicts: string[] },
): Promise<void> {
  await db.insertInto('parts').values(made).execute();
  const known = await db
    .selectFrom('rewritten_parts')
    .selectAll()
    .where('part_id', '=', old.part_id)
    .executeTakeFirst();
  await db
    .insertInto('rewritten_parts')
    .values({
      part_id: made.part_id,
      first_part_id: known?.first_part_id ?? old.part_id,
      upload_id: known?.upload_id ?? old.original_id,
    })
    .execute();
  await db.updateTable('snapshot_parts').set({ part_id: made.part_id }).where('part_id', '=', old.part_id).execute();
  await removePartRows(db, old.part_id, files);
}

/** Takes a part that no snapshot has any more out of the store, with all that was made of it. */
export async function removePartRows(
  db: Database,
  partId: string,
  files: { readonly persons: PersonFile[]; readonly verdicts: string[] },
): Promise<void> {
  const persons = await db.deleteFrom('person_columns').where('part_id', '=', partId).returningAll().execute();
  const verdicts = await db.deleteFrom('consent_columns').where('part_id', '=', partId).returningAll().execute();
  const nodes = await db.deleteFrom('node_columns').where('part_id', '=', partId).returningAll().execute();
  files.persons.push(...persons.map((p) => ({ collaborationId: p.collaboration_id, fileName: p.file_name })));
  for (const row of nodes) {
    const names = [row.nodes_file, row.links_file, row.singles_file].filter((name) => name !== null);
    files.persons.push(...names.map((fileName) => ({ collaborationId: row.collaboration_id, fileName })));
  }
  files.verdicts.push(...verdicts.map((v) => v.file_name));
  await db.deleteFrom('linked_parts').where('part_id', '=', partId).execute();
  await db.deleteFrom('rewritten_parts').where('part_id', '=', partId).execute();
  await db.deleteFrom('parts').where('part_id', '=', partId).execute();
}

/**
 * Counts a change of every snapshot, whether or not it lost a row: a stored release that is free before an erasure and
 * costs again after it would tell whoever asks that somebody was in there.
 */
async function recount(db: Database, datasetIds: readonly string[]): Promise<void> {
  const snapshots = await db
    .selectFrom('snapshots')
    .select('snapshot_id')
    .where('dataset_id', 'in', [...datasetIds, ''])
    .where('state', '=', 'published')
    .execute();
  for (const { snapshot_id: snapshotId } of snapshots) {
    const { count } = await db
      .selectFrom('snapshot_parts')
      .innerJoin('parts', 'parts.part_id', 'snapshot_parts.part_id')
      .select(({ fn }) => fn.sum<number | null>('parts.row_count').as('count'))
      .where('snapshot_parts.snapshot_id', '=', snapshotId)
      .executeTakeFirstOrThrow();
    await db
      .updateTable('snapshots')
      .set((update) => ({ revision: update('revision', '+', 1), row_count: count ?? 0 }))
      .where('snapshot_id', '=', snapshotId)
      .execute();
    await db.deleteFrom('heavy_persons').where('snapshot_id', '=', snapshotId).execute();
  }
}

/**
 * What the log says of an erasure of persons: who was asked for and which parts were searched, by digests that only the
 * service can compute again.
 *
 * All parts are told of, and each digest changes whether or not a row has gone: that a person was in some upload is the
 * owner's to know.
 */
async function receiptOf(kitchen: Kitchen, erasure: ErasureRow, rewritten: Switch['rewritten']) {
  const key = kitchen.vault.deriveKey('erasure-receipts');
  const { erasure_id: id } = erasure;
  const digest = (...words: string[]) =>
    createHmac('sha256', key)
      .update(JSON.stringify([id, ...words]))
      .digest('hex')
      .slice(0, 32);
  const identifiers = identifiersOfErasure(kitchen, erasure).flatMap(({ kind, digests }) =>
    digests.map((d) => digest('identifier', kind, Buffer.from(d).toString('base64'))),
  );
  const rows = await kitchen.store.db
    .selectFrom('parts')
    .leftJoin('rewritten_parts', 'rewritten_parts.part_id', 'parts.part_id')
    .select(['parts.part_id as partId', 'parts.column_digests as digests', 'rewritten_parts.first_part_id as firstId'])
    .where('parts.part_id', 'in', [...rewritten.keys(), ''])
    .execute();
  const parts = rows.map(({ partId, digests, firstId }) => ({
    part: firstId ?? partId,
    before: digest('before', partId, digests),
    after: digest('after', rewritten.get(partId)?.made.column_digests ?? digests),
  }));
  return {
    erasure: id,
    identifiers: identifiers.sort(),
    identifierCount: erasure.identifier_count,
    partCount: parts.length,
    parts: parts.slice(0, MAX_RECEIPT_PARTS_COUNT),
    all: digest('all', JSON.stringify(parts)),
  };
}
