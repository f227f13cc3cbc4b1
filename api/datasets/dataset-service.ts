import { datasets } from '../../proto/index.ts';

import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, once, readDisplayName, readPage, record } from '../kitchen/index.ts';
import { admitToDataset, type DatasetRow, readSnapshots } from './admit-to-dataset.ts';
import { listCountingPaths } from './counting-paths.ts';
import { columnMessage, columnsOf, readColumns } from './dataset-columns.ts';
import { readLayout, readTolerance } from './file-settings.ts';
import { snapshotMessage } from './snapshot-message.ts';
import { takeOut } from './take-out.ts';

/** What the service of datasets works with. */
export interface DatasetTools {
  readonly listLayouts: (
    kitchen: Kitchen,
    call: Call,
    request: datasets.ListLayoutsRequest,
  ) => Promise<datasets.ListLayoutsResponse>;
}

/** The handlers of galley.v1.DatasetService. */
export function makeDatasetService(
  kitchen: Kitchen,
  { listLayouts }: DatasetTools,
  { unary, serverStream }: HandlerWrappers,
): datasets.DatasetServiceServer {
  return {
    createDataset: unary('create-dataset', (request, call) => create(kitchen, call, request)),
    getDataset: unary('read-dataset', async ({ datasetId }, call) => ({
      dataset: await datasetMessage(kitchen, await admitToDataset(kitchen, call, 'read-dataset', datasetId)),
    })),
    listDatasets: unary('list-datasets', (request, call) => list(kitchen, call, request)),
    listCountingPaths: unary('read-dataset', async (request, call) => {
      const dataset = await admitToDataset(kitchen, call, 'read-dataset', request.datasetId);
      return await listCountingPaths(kitchen, dataset, request);
    }),
    listLayouts: unary('list-layouts', (request, call) => listLayouts(kitchen, call, request)),
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
    layout: JSON.stringify(readLayout(request.layout)),
    tolerance: JSON.stringify(readTolerance(request.tolerance)),
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
    .where('erased_at_ms', 'is', null)
    .orderBy('created_at_ms')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  const messages = await Promise.all(rows.map((row) => datasetMessage(kitchen, row)));
  return { datasets: messages, nextPageToken: page.next(rows.length) };
}

async function datasetMessage(kitchen: Kitchen, row: DatasetRow): Promise<datasets.Dataset> {
  return {
    datasetId: row.dataset_id,
    displayName: row.display_name,
    owner: row.owner,
    columns: columnsOf(row.columns).map(columnMessage),
    snapshots: await Promise.all(
      (await readSnapshots(kitchen, row.dataset_id)).map((snapshot) => snapshotMessage(kitchen, snapshot)),
    ),
    createdAt: new Date(row.created_at_ms),
    synthetic: row.synthetic === 1,
    layout: datasets.FileLayout.fromJSON(JSON.parse(row.layout)),
    tolerance: datasets.RejectTolerance.fromJSON(JSON.parse(row.tolerance)),
  };
}
