import { rm } from 'node:fs/promises';
import { datasets } from '../../proto/index.ts';
import type { FileLayout } from '../../sandbox/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import { type DatasetRow, readSnapshots, type SnapshotRow } from './admit-to-dataset.ts';
import { columnsOf, identifiersOf } from './dataset-columns.ts';
import { inTurn } from './in-turn.ts';
import { keyedDigest, type MadePart, makePart, type PartJob } from './make-part.ts';
import { giveOriginal, openOriginal } from './original.ts';
import {
  finishPublication,
  keepPublication,
  type PendingPublication,
  settlePublications,
} from './pending-publications.ts';
import { ensurePersonColumn } from './person-column.ts';
import { partDirectory } from './places.ts';

/** A file that is whole, and how it continues its dataset. */
export interface Publication {
  readonly call: Call;
  readonly dataset: DatasetRow;
  /** The upload's name, once a dataset. */
  readonly uploadId: string;
  readonly originalId: string;
  /** SHA-256 of the original, hex. */
  readonly originalDigest: string;
  readonly layout: FileLayout;
  readonly mode: 'replace' | 'append';
  readonly maxRejects: number;
  readonly maxRejectShare: number;
  readonly onProgress?: NonNullable<PartJob['onProgress']>;
}

/** A published snapshot and what was left out of its newest part. */
export interface PublishedSnapshot {
  readonly snapshot: SnapshotRow;
  readonly rejects: datasets.RejectReport;
}

/**
 * Makes a part of a received file and publishes it: read behind the wall → keep → log → publish in one step.
 *
 * Until the last step nothing can be seen, and after a failure nothing is left but the original, which can be published
 * again. Publications of one dataset take turns, so that two appends at once are two appends.
 */
export async function publishSnapshot(kitchen: Kitchen, publication: Publication): Promise<PublishedSnapshot> {
  const { dataset, call, layout, maxRejects, maxRejectShare, onProgress } = publication;
  const file = await openOriginal(kitchen, publication.originalId);
  const progress = onProgress === undefined ? {} : { onProgress };
  const part = await makePart(kitchen, { call, dataset, file, layout, maxRejects, maxRejectShare, ...progress });
  const snapshot = await inTurn(`publish/${dataset.dataset_id}`, () => publishPart(kitchen, publication, part));
  if (identifiersOf(columnsOf(dataset.columns)).length > 0) {
    await joinCollaborations(kitchen, dataset.dataset_id, part.partId);
  }
  return { snapshot, rejects: part.rejects };
}

async function publishPart(kitchen: Kitchen, publication: Publication, part: MadePart): Promise<SnapshotRow> {
  const { dataset, call } = publication;
  let pending: PendingPublication;
  try {
    await expectDataset(kitchen, dataset.dataset_id);
    await giveOriginal(kitchen, publication.originalId, dataset.dataset_id);
    // Of an earlier attempt whose last step failed: the log may have told of it.
    await settlePublications(kitchen, dataset.dataset_id);
    const snapshots = await readSnapshots(kitchen, dataset.dataset_id);
    const known = snapshots.find((s) => s.upload_id === publication.uploadId);
    if (known !== undefined) {
      await removePart(kitchen, part.partId);
      return known;
    }
    pending = pendingOf(kitchen, publication, { part, earlier: snapshots.at(-1) });
    await keepPublication(kitchen, pending);
  } catch (cause) {
    await removePart(kitchen, part.partId);
    throw cause;
  }
  const subject = {
    dataset: dataset.dataset_id,
    snapshot: pending.snapshot.snapshot_id,
    part: part.partId,
    mode: publication.mode,
    uploadDigest: keyedDigest(kitchen, part.partId, publication.originalDigest),
    columns: part.columnDigests,
  };
  const leafIndex = await record(kitchen, { kind: 'snapshot-published', call, collaboration: null, subject });
  return await finishPublication(kitchen, pending, leafIndex);
}

/** A dataset that was erased while its file was read takes nothing any more. */
async function expectDataset(kitchen: Kitchen, datasetId: string): Promise<void> {
  const row = await kitchen.store.db
    .selectFrom('datasets')
    .select('erased_at_ms')
    .where('dataset_id', '=', datasetId)
    .executeTakeFirst();
  if (row?.erased_at_ms !== null) throw notFound('dataset');
}

async function removePart(kitchen: Kitchen, partId: string): Promise<void> {
  await rm(partDirectory(kitchen, partId), { recursive: true, force: true });
}

function pendingOf(
  kitchen: Kitchen,
  publication: Publication,
  { part, earlier }: { readonly part: MadePart; readonly earlier: SnapshotRow | undefined },
): PendingPublication {
  const { dataset, mode, uploadId } = publication;
  const nowMs = kitchen.nowMs();
  return {
    snapshot: {
      snapshot_id: newId('snap'),
      dataset_id: dataset.dataset_id,
      upload_id: uploadId,
      mode,
      revision: 0,
      row_count: part.rowCount + (mode === 'append' ? (earlier?.row_count ?? 0) : 0),
      state: 'published',
      created_at_ms: nowMs,
      published_at_ms: nowMs,
      leaf_index: null,
    },
    part: {
      part_id: part.partId,
      dataset_id: dataset.dataset_id,
      original_id: publication.originalId,
      original_digest: publication.originalDigest,
      layout: JSON.stringify(publication.layout),
      row_count: part.rowCount,
      rejected_count: Number(part.rejects.rejectedCount),
      rejects: JSON.stringify(datasets.RejectReport.toJSON(part.rejects)),
      column_digests: JSON.stringify(part.columnDigests),
      chunk_count: part.chunkCount,
      created_at_ms: nowMs,
    },
  };
}

/**
 * Makes the persons of a new part wherever its dataset is bound, so that the first question need not wait.
 *
 * The snapshot is published by now: what fails here is made again by the question that needs it.
 */
async function joinCollaborations(kitchen: Kitchen, datasetId: string, partId: string): Promise<void> {
  const bindings = await kitchen.store.db
    .selectFrom('bindings')
    .select('collaboration_id')
    .distinct()
    .where('dataset_id', '=', datasetId)
    .execute();
  for (const { collaboration_id: id } of bindings) {
    await ensurePersonColumn(kitchen, id, partId).catch((cause: unknown) =>
      kitchen.operatorLog.warn({ err: cause, partId }, 'the persons of a part are not made yet'),
    );
    kitchen.changes.note(id);
  }
}
