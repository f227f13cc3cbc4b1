import { datasets } from '../../proto/index.ts';

import { type Call, type HandlerWrappers, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, once, readDisplayName, readPage, record } from '../kitchen/index.ts';
import { admitToDataset, type DatasetRow, readSnapshots, type SnapshotRow } from './admit-to-dataset.ts';
import { listCountingPaths } from './counting-paths.ts';
import { columnMessage, columnsOf, readColumns } from './dataset-columns.ts';
import { originalPlace } from './snapshot-place.ts';
import { uploadSnapshot } from './upload-snapshot.ts';

/** Bytes of one message of a take-out; well under the largest message. */
const TAKE_OUT_CHUNK_BYTES = 262_144;

/** The handlers of galley.v1.DatasetService. */
export function makeDatasetService(
  kitchen: Kitchen,
  { unary, clientStream, serverStream }: HandlerWrappers,
): datasets.DatasetServiceServer {
  return {
    createDataset: unary('create-dataset', (request, call) => create(kitchen, call, request)),
    getDataset: unary('read-dataset', async ({ datasetId }, call) => ({
      dataset: await datasetMessage(kitchen, await admitToDataset(kitchen, call, 'read-dataset', datasetId)),
    })),
    listDatasets: unary('list-datasets', (request, call) => list(kitchen, call, request)),
    uploadSnapshot: clientStream('upload-snapshot', async (requests, call) => {
      const { snapshot, rejects } = await uploadSnapshot(kitchen, call, requests);
      return { snapshot: snapshotMessage(snapshot), rejects };
    }),
    listCountingPaths: unary('read-dataset', async (request, call) => {
      const dataset = await admitToDataset(kitchen, call, 'read-dataset', request.datasetId);
      return await listCountingPaths(kitchen, dataset, request);
    }),
    takeOutSnapshot: serverStream('take-out', (request, call) => takeOut(kitchen, call, request)),
  };
}

async function create(
  kitchen: Kitchen,
  call: Call,
  request: datasets.CreateDatasetRequest,
): Promise<datasets.CreateDatasetResponse> {
  const { principal } = call;
  const decision = kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action: 'create-dataset' });
  if (!decision.allowed) throw new ServiceError('PERMISSION_DENIED', 'your role may not create datasets');
  const repeatable = {
    member: principal.member,
    rpc: 'CreateDataset',
    requestId: request.requestId,
    request: datasets.CreateDatasetRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async () => Buffer.from(await insertDataset(kitchen, call, request)));
  const datasetId = Buffer.from(id).toString();
  return { dataset: await datasetMessage(kitchen, await admitToDataset(kitchen, call, 'read-dataset', datasetId)) };
}

async function insertDataset(kitchen: Kitchen, call: Call, request: datasets.CreateDatasetRequest): Promise<string> {
  const columns = readColumns(request.columns);
  const dataset = {
    dataset_id: newId('ds'),
    owner: call.principal.member,
    display_name: readDisplayName(request.displayName),
    columns: JSON.stringify(columns),
    created_at_ms: kitchen.nowMs(),
    suspended_at_ms: null,
    erased_at_ms: null,
    synthetic: request.synthetic ? 1 : 0,
  };
  const schema = columns.map((c) => ({ name: c.name, kind: c.kind, scale: c.scale, nullable: c.nullable }));
  const said = request.synthetic ? { synthetic: true } : {};
  const subject = { dataset: dataset.dataset_id, columns: schema, ...said };
  await record(kitchen, { kind: 'dataset-created', call, collaboration: null, subject });
  await kitchen.store.db.insertInto('datasets').values(dataset).execute();
  return dataset.dataset_id;
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: datasets.ListDatasetsRequest,
): Promise<datasets.ListDatasetsResponse> {
  const { principal } = call;
  const decision = kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action: 'list-datasets' });
  if (!decision.allowed) throw new ServiceError('PERMISSION_DENIED', 'your role has no datasets');
  const page = readPage(request);
  const rows = await kitchen.store.db
    .selectFrom('datasets')
    .selectAll()
    .where('owner', '=', principal.member)
    .orderBy('created_at_ms')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  const messages = await Promise.all(rows.map((row) => datasetMessage(kitchen, row)));
  return { datasets: messages, nextPageToken: page.next(rows.length) };
}

async function* takeOut(
  kitchen: Kitchen,
  call: Call,
  { datasetId, snapshotId }: datasets.TakeOutSnapshotRequest,
): AsyncGenerator<datasets.TakeOutSnapshotResponse, void> {
  const dataset = await admitToDataset(kitchen, call, 'take-out', datasetId);
  const snapshots = await readSnapshots(kitchen, dataset.dataset_id);
  if (!snapshots.some((s) => s.snapshot_id === snapshotId)) throw notFound('snapshot');
  const subject = { dataset: datasetId, snapshot: snapshotId };
  await record(kitchen, { kind: 'data-taken-out', call, collaboration: null, subject });
  const original = await kitchen.vault.openFile(originalPlace(kitchen, snapshotId));
  try {
    for await (const bytes of original.chunks()) {
      for (let from = 0; from < bytes.length; from += TAKE_OUT_CHUNK_BYTES) {
        yield { chunk: bytes.subarray(from, from + TAKE_OUT_CHUNK_BYTES) };
      }
    }
  } finally {
    await original.close();
  }
}

async function datasetMessage(kitchen: Kitchen, row: DatasetRow): Promise<datasets.Dataset> {
  return {
    datasetId: row.dataset_id,
    displayName: row.display_name,
    owner: row.owner,
    columns: columnsOf(row.columns).map(columnMessage),
    snapshots: (await readSnapshots(kitchen, row.dataset_id)).map(snapshotMessage),
    createdAt: new Date(row.created_at_ms),
    synthetic: row.synthetic === 1,
  };
}

function snapshotMessage(row: SnapshotRow): datasets.Snapshot {
  return {
    snapshotId: row.snapshot_id,
    rowCount: BigInt(row.row_count),
    rejectedCount: BigInt(row.rejected_count),
    uploadDigest: row.upload_digest,
    publishedAt: row.published_at_ms === null ? undefined : new Date(row.published_at_ms),
  };
}
