import type { Kitchen } from '../kitchen/index.ts';
import { readColumnChunks, writeColumnChunk } from './column-file.ts';
import { columnsOf, identifierOf } from './dataset-columns.ts';
import { countHeavyPersons } from './heavy-persons.ts';
import { columnPlace, personPlace } from './snapshot-place.ts';

/** Longest time to make the persons of one snapshot: a hundred million rows. */
const PSEUDONYMISE_DEADLINE_MS = 1_800_000;

const underWay = new Map<string, Promise<void>>();

/**
 * Makes the person column of a snapshot in a collaboration, unless it is there.
 *
 * Each collaboration has its own key, so that two collaborations cannot join their persons. Made by a worker that gets
 * the identifiers and the key and nothing else, in the lane of whose data it is: all questions over it wait for that one.
 */
export async function ensurePersonColumn(kitchen: Kitchen, collaborationId: string, snapshotId: string): Promise<void> {
  const key = `${collaborationId}/${snapshotId}`;
  const running = underWay.get(key) ?? makeUnlessReady(kitchen, collaborationId, snapshotId);
  underWay.set(key, running);
  try {
    await running;
  } finally {
    underWay.delete(key);
  }
}

async function makeUnlessReady(kitchen: Kitchen, collaborationId: string, snapshotId: string): Promise<void> {
  const { db } = kitchen.store;
  const ready = await db
    .selectFrom('person_columns')
    .select('state')
    .where('collaboration_id', '=', collaborationId)
    .where('snapshot_id', '=', snapshotId)
    .where('state', '=', 'ready')
    .executeTakeFirst();
  if (ready !== undefined) return;
  const { sha256, owner } = await makePersons(kitchen, collaborationId, snapshotId);
  const made = {
    state: 'ready' as const,
    column_digest: sha256,
    person_count: null,
    heavy_persons_sealed: await countHeavyPersons(kitchen, { collaborationId, snapshotId, owner }),
    ready_at_ms: kitchen.nowMs(),
  };
  await db
    .insertInto('person_columns')
    .values({ collaboration_id: collaborationId, snapshot_id: snapshotId, ...made })
    .onConflict((conflict) => conflict.columns(['collaboration_id', 'snapshot_id']).doUpdateSet(made))
    .execute();
}

async function makePersons(
  kitchen: Kitchen,
  collaborationId: string,
  snapshotId: string,
): Promise<{ sha256: string; owner: string }> {
  const dataset = await kitchen.store.db
    .selectFrom('datasets')
    .innerJoin('snapshots', 'snapshots.dataset_id', 'datasets.dataset_id')
    .select(['datasets.columns', 'datasets.owner'])
    .where('snapshots.snapshot_id', '=', snapshotId)
    .executeTakeFirstOrThrow();
  const identifier = identifierOf(columnsOf(dataset.columns));
  // INVARIANT: callers ask for the persons of tables that name some.
  if (identifier === null) throw new Error(`snapshot \`${snapshotId}\` names no persons`);
  const { index, kind } = identifier;
  const { owner } = dataset;
  const file = await kitchen.vault.createFile(personPlace(kitchen, collaborationId, snapshotId));
  try {
    const job = {
      key: kitchen.vault.deriveKey(`pseudonym/${collaborationId}`).export(),
      identifier: kind,
      chunks: () => readColumnChunks(kitchen, columnPlace(kitchen, snapshotId, index)),
    };
    for await (const chunk of kitchen.wall.pseudonymise(job, { deadlineMs: PSEUDONYMISE_DEADLINE_MS, lane: owner })) {
      await writeColumnChunk(file, chunk);
    }
    return { ...(await file.finish()), owner };
  } finally {
    await file.abandon();
  }
}
