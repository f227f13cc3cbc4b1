import { type Kitchen, newId } from '../kitchen/index.ts';
import type { Database, Tables } from '../store/index.ts';
import { readColumnChunks, writeColumnChunk } from './column-file.ts';
import { columnsOf, identifiersOf } from './dataset-columns.ts';
import { inTurn } from './in-turn.ts';
import { ensureNodeColumns, type NodeColumns } from './node-columns.ts';
import { entriesPlace, personPlace } from './places.ts';
import { resolveSpine, type SpineEntries } from './resolve-spine.ts';
import { retireFiles } from './retired-files.ts';
import { inputsDigest, isLinked, readSpineScope, type SpinePart, type SpineScope } from './spine-scope.ts';

/** Longest time to put persons in the place of the nodes of one part: a hundred million rows. */
const ASSIGN_DEADLINE_MS = 1_800_000;

type PersonColumn = Tables['person_columns'];

/**
 * Makes the person column of a part in a collaboration, unless it is there.
 *
 * Where somebody new may join persons of other parts, those columns are made again first and take their places together
 * with the new one: whoever reads sees the persons of before or those of after, never some of both.
 */
export async function ensurePersonColumn(kitchen: Kitchen, collaborationId: string, partId: string): Promise<void> {
  const isReady = async () => (await readPersonColumn(kitchen, collaborationId, partId)) !== undefined;
  if (await isReady()) return;
  await inTurn(`spine/${collaborationId}`, async () => {
    if (await isReady()) return;
    const scope = await readSpineScope(kitchen, collaborationId);
    await bringUpToDate(kitchen, scope);
    if (!(await isReady())) await addOldPart(kitchen, scope, partId);
  });
}

/** Makes the persons of a collaboration follow from what its members have brought as it stands, after rows have left. */
export async function refreshSpine(kitchen: Kitchen, collaborationId: string): Promise<void> {
  await inTurn(`spine/${collaborationId}`, async () => {
    await bringUpToDate(kitchen, await readSpineScope(kitchen, collaborationId));
  });
}

async function readPersonColumn(
  kitchen: Kitchen,
  collaborationId: string,
  partId: string,
): Promise<PersonColumn | undefined> {
  return await kitchen.store.db
    .selectFrom('person_columns')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where('part_id', '=', partId)
    .executeTakeFirst();
}

async function readSpine(kitchen: Kitchen, collaborationId: string) {
  const row = await kitchen.store.db
    .selectFrom('spines')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .executeTakeFirst();
  const entries = JSON.parse(row?.entries ?? '{}') as SpineEntries;
  return { entries, digest: row?.inputs_digest ?? null, version: row?.version ?? 0 };
}

async function bringUpToDate(kitchen: Kitchen, scope: SpineScope): Promise<void> {
  const { collaborationId, parts } = scope;
  const nodes = new Map<string, NodeColumns>();
  for (const part of parts) nodes.set(part.partId, await ensureNodeColumns(kitchen, scope, part));
  const spine = await readSpine(kitchen, collaborationId);
  const digest = inputsDigest(scope);
  const isNew = spine.digest !== digest && (isLinked(scope) || Object.keys(spine.entries).length > 0);
  const { entries, isChanged } = isNew
    ? await resolveSpine(kitchen, scope, { nodes, earlier: spine.entries })
    : { entries: spine.entries, isChanged: () => false };
  const known = await readColumns(kitchen, collaborationId);
  const made: PersonColumn[] = [];
  for (const part of parts) {
    if (known.has(part.partId) && !isChanged(part)) continue;
    made.push(await makeColumn(kitchen, { collaborationId, part, entries }, nodes.get(part.partId) as NodeColumns));
  }
  const current = new Set(parts.map(({ partId }) => partId));
  // A replaced snapshot that is still asked is no part of the spine: its persons are made again when it is.
  const dropped = parts.some((part) => known.has(part.partId) && isChanged(part))
    ? [...known.keys()].filter((partId) => !current.has(partId))
    : [];
  await kitchen.store.transaction(async (db) => {
    if (isNew) await putSpine(kitchen, db, { collaborationId, version: spine.version + 1, digest, entries });
    for (const column of made) await putColumn(db, column);
    for (const partId of dropped) await dropColumn(db, collaborationId, partId);
  });
  const left = isNew
    ? Object.values(spine.entries).map((name) => entriesPlace(kitchen, collaborationId, name).path)
    : [];
  await retireColumns(kitchen, collaborationId, [...known.values()], left);
}

/** A part of a snapshot that is no longer the newest: named by the spine as it stands, of which it is no part. */
async function addOldPart(kitchen: Kitchen, scope: SpineScope, partId: string): Promise<void> {
  const { collaborationId } = scope;
  const { columns, ...row } = await kitchen.store.db
    .selectFrom('datasets')
    .innerJoin('parts', 'parts.dataset_id', 'datasets.dataset_id')
    .select(['datasets.columns', 'datasets.owner', 'datasets.dataset_id as datasetId'])
    .where('parts.part_id', '=', partId)
    .executeTakeFirstOrThrow();
  const identifiers = identifiersOf(columnsOf(columns));
  // INVARIANT: callers ask for the persons of tables that name some.
  if (identifiers.length === 0) throw new Error(`part \`${partId}\` names no persons`);
  const part = { partId, ...row, identifiers };
  const { entries } = await readSpine(kitchen, collaborationId);
  const nodes = await ensureNodeColumns(kitchen, scope, part);
  const column = await makeColumn(kitchen, { collaborationId, part, entries }, nodes);
  await putColumn(kitchen.store.db, column);
}

async function readColumns(kitchen: Kitchen, collaborationId: string): Promise<ReadonlyMap<string, PersonColumn>> {
  const query = kitchen.store.db.selectFrom('person_columns').selectAll();
  const rows = await query.where('collaboration_id', '=', collaborationId).execute();
  return new Map(rows.map((row) => [row.part_id, row]));
}

/** Where nobody of a member is called otherwise, its nodes are its persons: one file for both. */
async function makeColumn(
  kitchen: Kitchen,
  of: { collaborationId: string; part: SpinePart; entries: SpineEntries },
  nodes: NodeColumns,
): Promise<PersonColumn> {
  const { collaborationId, part, entries } = of;
  const row = { collaboration_id: collaborationId, part_id: part.partId, ready_at_ms: kitchen.nowMs() };
  const entryFile = entries[part.owner];
  if (entryFile === undefined) return { ...row, file_name: nodes.nodes_file, column_digest: nodes.column_digest };
  const fileName = `${newId('persons')}.sealed`;
  const { datasetId } = part;
  const file = await kitchen.vault.createFile(personPlace(kitchen, collaborationId, { fileName, datasetId }));
  try {
    const job = {
      entries: () => readColumnChunks(kitchen, entriesPlace(kitchen, collaborationId, entryFile)),
      nodes: () =>
        readColumnChunks(kitchen, personPlace(kitchen, collaborationId, { fileName: nodes.nodes_file, datasetId })),
    };
    const limits = { deadlineMs: ASSIGN_DEADLINE_MS, lane: part.owner };
    for await (const chunk of kitchen.wall.assign(job, limits)) await writeColumnChunk(file, chunk);
    return { ...row, file_name: fileName, column_digest: (await file.finish()).sha256 };
  } finally {
    await file.abandon();
  }
}

async function putSpine(
  kitchen: Kitchen,
  db: Database,
  of: { collaborationId: string; version: number; digest: string; entries: SpineEntries },
): Promise<void> {
  const values = {
    version: of.version,
    inputs_digest: of.digest,
    entries: JSON.stringify(of.entries),
    made_at_ms: kitchen.nowMs(),
  };
  await db
    .insertInto('spines')
    .values({ collaboration_id: of.collaborationId, ...values })
    .onConflict((conflict) => conflict.column('collaboration_id').doUpdateSet(values))
    .execute();
}

async function putColumn(db: Database, { collaboration_id, part_id, ...values }: PersonColumn): Promise<void> {
  await db
    .insertInto('person_columns')
    .values({ collaboration_id, part_id, ...values })
    .onConflict((conflict) => conflict.columns(['collaboration_id', 'part_id']).doUpdateSet(values))
    .execute();
}

async function dropColumn(db: Database, collaborationId: string, partId: string): Promise<void> {
  const query = db.deleteFrom('person_columns').where('collaboration_id', '=', collaborationId);
  await query.where('part_id', '=', partId).execute();
}

/** Retires the files of columns that others have taken the place of; nodes stay for as long as their part. */
async function retireColumns(
  kitchen: Kitchen,
  collaborationId: string,
  before: readonly PersonColumn[],
  left: readonly string[],
): Promise<void> {
  const names = new Set([...(await readColumns(kitchen, collaborationId)).values()].map((c) => c.file_name));
  const nodes = await kitchen.store.db
    .selectFrom('node_columns')
    .select('nodes_file')
    .where('collaboration_id', '=', collaborationId)
    .execute();
  for (const { nodes_file: name } of nodes) names.add(name);
  const gone = before.map((column) => column.file_name).filter((name) => !names.has(name));
  const paths = gone.map((fileName) => personPlace(kitchen, collaborationId, { fileName, datasetId: '' }).path);
  await retireFiles([...paths, ...left]);
}
