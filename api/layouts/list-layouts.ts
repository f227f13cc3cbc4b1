import type { datasets } from '../../proto/index.ts';
import { admitToDataset, isOwnAlone, personsDecidedBy } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, readPage } from '../kitchen/index.ts';
import type { LayoutRow, MadeOf } from './layout-record.ts';

/**
 * Lists what is laid out: of one dataset alone for its owner, matches and all else for the operator, who looks after the
 * disk. When a match is made, and how large it is, follows from how many rows have a person in common: an owner who
 * uploads a table again and again could read another's from it.
 */
export async function listLayouts(
  kitchen: Kitchen,
  call: Call,
  request: datasets.ListLayoutsRequest,
): Promise<datasets.ListLayoutsResponse> {
  const { datasetId } = request;
  const { member } = call.principal;
  const isForOperator = datasetId === '';
  if (isForOperator) assertOperator(kitchen, call);
  else await admitToDataset(kitchen, call, 'read-dataset', datasetId);
  const page = readPage(request);
  const all = kitchen.store.db.selectFrom('layouts').selectAll();
  const chosen = isForOperator ? all : all.where('table_dataset', '=', datasetId).where('matched_dataset', 'is', null);
  const rows = await chosen
    .orderBy('collaboration_id')
    .orderBy('made_at_ms')
    .orderBy('layout_id')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  const unsized = isForOperator ? new Set<string>() : await householdsOfOthers(kitchen, rows, member);
  return {
    layouts: rows.map((row) => layoutMessage(row, !unsized.has(row.collaboration_id))),
    nextPageToken: page.next(rows.length),
  };
}

function assertOperator(kitchen: Kitchen, { principal }: Call): void {
  if (kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action: 'list-layouts' }).allowed) return;
  const message = 'the layouts of all datasets are for the operator to list; name a dataset of your own';
  throw new ServiceError('PERMISSION_DENIED', message);
}

/** Collaborations where other members' rows decide which rows of an owner's table are one unit: sizes follow from it. */
async function householdsOfOthers(
  kitchen: Kitchen,
  rows: readonly LayoutRow[],
  member: string,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const id of new Set(rows.map((row) => row.collaboration_id))) {
    if (!isOwnAlone(await personsDecidedBy(kitchen, id), member)) found.add(id);
  }
  return found;
}

function layoutMessage(row: LayoutRow, isSizeTold: boolean): datasets.Layout {
  const { table, matched, dimensions } = JSON.parse(row.made_of) as MadeOf;
  const named = ({ member, alias }: MadeOf['table']) => `${member}.${alias}`;
  return {
    layoutId: row.layout_id,
    collaborationId: row.collaboration_id,
    table: named(table),
    matchedTable: matched === null ? '' : named(matched),
    form: row.form,
    dimensions: [...dimensions],
    state: row.state,
    byteCount: isSizeTold ? roundedUp(row.byte_count) : 0n,
    madeAt: new Date(row.made_at_ms),
  };
}

/** To a power of two: enough to plan a disk with, and far from a number of rows. */
function roundedUp(bytes: number): bigint {
  return bytes === 0 ? 0n : 2n ** BigInt(Math.ceil(Math.log2(bytes)));
}
