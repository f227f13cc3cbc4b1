import { tableName } from '../../policies/index.ts';
import type { ColumnSource, DeriveJob, TableSource } from '../../sandbox/index.ts';
import { openTable, saltOf } from '../datasets/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import { Dictionaries } from './dictionaries.ts';
import { removeUnnamedFiles } from './layout-files.ts';
import { madeOf } from './layout-record.ts';
import { Ordinals } from './ordinals.ts';
import { OutputFiles } from './output-files.ts';
import { FINEST_SHARDS_COUNT } from './shard-index.ts';
import { viewsOf, type WantedLayout } from './wanted-layouts.ts';

/** Longest time of one pass over the tables of a layout. */
const PASS_DEADLINE_MS = 1_800_000;
/**
 * Rows of the table that one pass lays out, about. Each pass opens all of the table and keeps the persons of its range:
 * more rows are fewer passes, and these take a worker half a gigabyte while they are ranked.
 */
const PASS_ROWS = 4_000_000;
/** Bits of a person. */
const PERSON_BITS = 64n;
/** What the upper 32 bits of a person may be: the host looks at these alone. */
const HALVES_COUNT = 2 ** 32;

/**
 * Makes layouts of the same tables: dictionaries first, then range by range of persons, so that memory is flat, and each
 * range shard by shard. They are seen in one step when all their files are whole; after a failure nothing is left.
 */
export async function makeLayouts(
  kitchen: Kitchen,
  collaborationId: string,
  { group, signal }: { readonly group: readonly WantedLayout[]; readonly signal: AbortSignal },
): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  const begun = group.map((layout) => ({ layout, layoutId: newId('lay') }));
  await kitchen.store.db
    .insertInto('layouts')
    .values(begun.map(({ layout, layoutId }) => newRow(kitchen, collaborationId, { layout, layoutId })))
    .execute();
  const files: OutputFiles[] = [];
  try {
    const dictionaries = await Dictionaries.read(kitchen, first);
    const ordinals = new Ordinals();
    for (const of of begun) {
      files.push(await OutputFiles.create(kitchen, collaborationId, { ...of, dictionaries, ordinals }));
    }
    await derive(kitchen, collaborationId, { group, files, dictionaries, signal });
    await showLayouts(kitchen, collaborationId, files);
  } catch (cause) {
    for (const file of files) await file.abandon();
    const ids = begun.map(({ layoutId }) => layoutId);
    await kitchen.store.db.deleteFrom('layouts').where('layout_id', 'in', ids).execute();
    await removeUnnamedFiles(kitchen, [collaborationId]);
    throw cause;
  }
}

/** Shows layouts in one step, unless somebody has taken them away meanwhile: then none of them is left. */
async function showLayouts(kitchen: Kitchen, collaborationId: string, files: readonly OutputFiles[]): Promise<void> {
  const ready: Awaited<ReturnType<OutputFiles['finish']>>[] = [];
  for (const file of files) ready.push(await file.finish());
  const shown = await kitchen.store.transaction(async (db) => {
    let count = 0n;
    for (const { layoutId, ...set } of ready) {
      const making = db.updateTable('layouts').set(set).where('layout_id', '=', layoutId).where('state', '=', 'making');
      count += (await making.executeTakeFirst()).numUpdatedRows;
    }
    return count;
  });
  if (shown < BigInt(ready.length)) await removeUnnamedFiles(kitchen, [collaborationId]);
}

function newRow(
  kitchen: Kitchen,
  collaborationId: string,
  { layout, layoutId }: { readonly layout: WantedLayout; readonly layoutId: string },
) {
  const { table, matched } = layout.spec.base;
  return {
    layout_id: layoutId,
    collaboration_id: collaborationId,
    name: layout.name,
    table_dataset: table.datasetId,
    matched_dataset: matched?.datasetId ?? null,
    form: layout.spec.form,
    made_of: madeOf(layout),
    state: 'making' as const,
    file_count: 0,
    byte_count: 0,
    details_sealed: null,
    made_at_ms: kitchen.nowMs(),
  };
}

interface Deriving {
  readonly group: readonly WantedLayout[];
  readonly files: readonly OutputFiles[];
  readonly dictionaries: Dictionaries;
  readonly signal: AbortSignal;
}

async function derive(kitchen: Kitchen, collaborationId: string, of: Deriving): Promise<void> {
  const { group, files, signal } = of;
  const cut = group[0]?.cut ?? 1;
  const passCount = Math.min(cut, passesFor(Math.max(...group.map(({ rowCount }) => rowCount))));
  const width = cut / passCount;
  const slots = FINEST_SHARDS_COUNT / cut;
  for (let pass = 0; pass < passCount; pass += 1) {
    const first = pass * width;
    const job = jobOf(kitchen, collaborationId, { ...of, first, width, cut });
    for await (const event of kitchen.maker.derive(job, { deadlineMs: PASS_DEADLINE_MS, signal })) {
      if (event.kind === 'chunk') await files[event.output]?.write((first + event.shard) * slots, event);
    }
    const told = { collaborationId, layouts: group.length, pass: pass + 1, passes: passCount };
    kitchen.operatorLog.info(told, 'layouts are being made');
  }
}

/** The least power of two of passes that keeps each within its rows: whole shards each. */
function passesFor(rowCount: number): number {
  let passCount = 1;
  while (passCount < FINEST_SHARDS_COUNT && rowCount > passCount * PASS_ROWS) passCount *= 2;
  return passCount;
}

function jobOf(
  kitchen: Kitchen,
  collaborationId: string,
  {
    group,
    files,
    dictionaries,
    first,
    width,
    cut,
  }: Deriving & { readonly first: number; readonly width: number; readonly cut: number },
): DeriveJob {
  const [layout] = group;
  if (layout === undefined) throw new TypeError('there is nothing to derive');
  const half = HALVES_COUNT / cut;
  const range = { from: first * half, to: (first + width) * half };
  const tables = viewsOf(layout.spec).map((view, at): TableSource => {
    const snapshot = layout.snapshots[at];
    if (snapshot === undefined) throw new TypeError('a layout is made of a table without a snapshot');
    const { identity } = view.rules;
    const columns = new Set(view.columns.filter((c) => c.type.kind !== 'person').map(({ name }) => name));
    const { persons } = layout;
    const opened = { name: tableName(view), columns: columns.add(identity), snapshot, persons };
    const source = openTable(kitchen, collaborationId, opened);
    const coded = source.columns.map((column) => codedColumn(column, dictionaries.of(view.datasetId, column.name)));
    return { ...source, columns: coded, persons: { column: identity, ...range } };
  });
  return {
    tables,
    salt: saltOf(kitchen, collaborationId),
    shards: Array.from({ length: width }, (_, shard) => personsOf(first + shard, cut)),
    // Those of one name are the same.
    steps: [...new Map(files.flatMap((file) => file.steps.map((step) => [step.into, step]))).values()],
    outputs: files.map((file) => file.output),
  };
}

function codedColumn(column: ColumnSource, of: ReturnType<Dictionaries['of']>): ColumnSource {
  if (of === undefined) return column;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of column.chunks()) yield of?.dictionary.encode(chunk) as Uint8Array;
  }
  return { name: column.name, type: { kind: 'code' }, dictionary: of.texts, chunks };
}

/** The first and the last person of one of so many shards. */
function personsOf(shard: number, cut: number): { first: bigint; last: bigint } {
  const width = 2n ** PERSON_BITS / BigInt(cut);
  return { first: BigInt(shard) * width, last: BigInt(shard + 1) * width - 1n };
}
