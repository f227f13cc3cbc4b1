// Erasing a detail is destroying its key. The row stays and says by which erasure; the log is not touched at all.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kitchen } from '../kitchen/index.ts';
import { type Database, forgetOverwritten } from '../store/index.ts';
import { type DetailKind, type Touched, touchedBy } from './keep-detail.ts';
import { namesAny, type SoughtPersons } from './names-any.ts';
import { openDetail } from './open-detail.ts';

/** Subjects whose details go in one transaction: nobody waits for the store longer than for these. */
const BATCH_SUBJECTS_COUNT = 200;

/** Destroys the details of all that touched some datasets or members. Done twice, it does nothing. */
export async function eraseTouching(kitchen: Kitchen, erasureId: string, touched: Touched): Promise<void> {
  await destroy(kitchen, erasureId, await subjectsTouching(kitchen, touched));
}

/**
 * Destroys the details of all that touched some datasets or members and names one of some persons, in whatever form an
 * identifier is written. Done twice, it does nothing.
 */
export async function eraseNaming(
  kitchen: Kitchen,
  erasureId: string,
  { touched, persons }: { readonly touched: Touched; readonly persons: SoughtPersons },
): Promise<void> {
  const named: string[] = [];
  for (const [index, subjectId] of (await subjectsTouching(kitchen, touched)).entries()) {
    if (index % BATCH_SUBJECTS_COUNT === 0) await nextTurn();
    const text = await wordsOf(kitchen, subjectId);
    if (text !== undefined && (await namesAny(text, persons))) named.push(subjectId);
  }
  await destroy(kitchen, erasureId, named);
}

async function subjectsTouching(kitchen: Kitchen, touched: Touched): Promise<readonly string[]> {
  const subjects = new Set<string>();
  // One by one: a member may have more datasets than a statement has room for.
  for (const name of touchedBy(touched)) {
    const rows = await kitchen.store.db
      .selectFrom('detail_touches')
      .select('subject_id')
      .where('touched', '=', name)
      .execute();
    for (const row of rows) subjects.add(row.subject_id);
  }
  return [...subjects];
}

/** Where the words of a subject are found; of a refused one they are in the record of its decision alone. */
const WORDS: readonly DetailKind[] = ['question', 'definition', 'decision'];

async function wordsOf(kitchen: Kitchen, subjectId: string): Promise<string | undefined> {
  for (const kind of WORDS) {
    const detail = await openDetail(kitchen, { kind, subjectId });
    if (detail?.state !== 'kept') continue;
    const text = Buffer.from(detail.content).toString();
    // A match has no words: who asked for it named tables alone.
    return kind === 'decision' ? (JSON.parse(text) as { inputs: { sql?: string } }).inputs.sql : text;
  }
  return undefined;
}

async function destroy(kitchen: Kitchen, erasureId: string, subjectIds: readonly string[]): Promise<void> {
  for (let from = 0; from < subjectIds.length; from += BATCH_SUBJECTS_COUNT) {
    const batch = subjectIds.slice(from, from + BATCH_SUBJECTS_COUNT);
    await kitchen.store.transaction(async (db) => {
      await shredDetails(db, erasureId, batch);
      await shredComparisons(db, batch);
    });
  }
  // Also where nothing was left to destroy: an attempt before this one may have come no further than here.
  await forgetOverwritten(kitchen.store.db);
}

/** Overwritten by name first; what the store frees then it overwrites too (`secure_delete`). */
async function shredDetails(db: Database, erasureId: string, subjectIds: readonly string[]): Promise<void> {
  const zeros = {
    wrapped_key: sql<Uint8Array>`zeroblob(length(wrapped_key))`,
    sealed: sql<Uint8Array>`zeroblob(length(sealed))`,
    erased_by: erasureId,
  };
  const none = { wrapped_key: Buffer.alloc(0), sealed: Buffer.alloc(0) };
  await db
    .updateTable('entry_details')
    .set(zeros)
    .where('subject_id', 'in', subjectIds)
    .where('erased_by', 'is', null)
    .execute();
  await db
    .updateTable('entry_details')
    .set(none)
    .where('subject_id', 'in', subjectIds)
    .where('erased_by', '=', erasureId)
    .execute();
}

/** What exact questions are compared with has literals too. Whoever meets an empty one refuses. */
async function shredComparisons(db: Database, subjectIds: readonly string[]): Promise<void> {
  for (const groups_sealed of [sql<Uint8Array>`zeroblob(length(groups_sealed))`, Buffer.alloc(0)]) {
    await db.updateTable('exact_aggregations').set({ groups_sealed }).where('query_id', 'in', subjectIds).execute();
  }
}
