import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outcomes } from '../../test/support/tables.ts';
import { openDataKeys } from '../keys/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { openVault } from '../vault/index.ts';
import { ColumnReader } from './column-reader.ts';
import { ColumnWriter } from './column-writer.ts';
import { type Layouts, startLayouts } from './keep-layouts.ts';
import { layoutPlace } from './layout-files.ts';
import type { ColumnIndex } from './shard-index.ts';

const COLLABORATION = 'col-1';
const { datasetId } = outcomes;
/** More than is read of a file when it is opened. */
const CHUNKS = Array.from({ length: 4 }, (_, at) => Buffer.alloc(300_000, at));
const PATIENCE = { timeout: 30_000, interval: 20 };

let dataDirectory: string;
let store: Store;
let kitchen: Kitchen;
let layouts: Layouts | undefined;
let warnings: string[];

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'galley-keep-layouts-'));
  store = await openStore(dataDirectory);
  // The members and the agreement that rows name are of no matter here.
  await sql`pragma foreign_keys = off`.execute(store.db);
  const keyring = await openDataKeys({ dataDirectory, keys: { master: { kind: 'file', file: null } } }, store);
  warnings = [];
  // Nothing in it tells persons apart: what is wanted is never known.
  kitchen = {
    config: { dataDirectory, layout: { enabled: true, minRows: 0 } },
    store,
    vault: openVault(keyring),
    wall: { isForDevelopment: false },
    changes: { listen: () => () => {} },
    operatorLog: { info: () => {}, warn: (_: unknown, message: string) => void warnings.push(message) },
    nowMs: () => 0,
  } as unknown as Kitchen;
  const columns = JSON.stringify([{ name: 'email', kind: 'email' }]);
  const dataset = { dataset_id: datasetId, owner: 'market', display_name: '', columns, created_at_ms: 0 };
  const sound = { suspended_at_ms: null, erased_at_ms: null, synthetic: 0 };
  await store.db
    .insertInto('datasets')
    .values({ ...dataset, ...sound })
    .execute();
  const rules = { rules_json: '{}', rules_digest: '', rules_version: 1 };
  const binding = { collaboration_id: COLLABORATION, owner: 'market', alias: 'outcomes', dataset_id: datasetId };
  await store.db
    .insertInto('bindings')
    .values({ ...binding, ...rules, bound_at_ms: 0 })
    .execute();
});

afterEach(async () => {
  await layouts?.close();
  await store.close();
  rmSync(dataDirectory, { recursive: true });
});

/** Publishes a snapshot of one part, which replaces all before it. */
async function publish(snapshotId: string, publishedAtMs: number): Promise<void> {
  const published = { state: 'published' as const, published_at_ms: publishedAtMs, leaf_index: publishedAtMs };
  const of = { dataset_id: datasetId, upload_id: `up-${snapshotId}`, mode: 'replace' as const, row_count: 1 };
  await store.db
    .insertInto('snapshots')
    .values({ snapshot_id: snapshotId, ...of, created_at_ms: 0, ...published })
    .execute();
  const part = { snapshot_id: snapshotId, position: 0, part_id: `part-${snapshotId}` };
  await store.db.insertInto('snapshot_parts').values(part).execute();
}

const placeOf = (layoutId: string) => layoutPlace(kitchen, COLLABORATION, { layoutId, index: 0, datasetId });

/** Makes a layout of the rows of a snapshot: of one column, that has a chunk. */
async function layOut(layoutId: string, snapshotId: string, state: 'making' | 'ready' = 'ready'): Promise<ColumnIndex> {
  const row = {
    layout_id: layoutId,
    collaboration_id: COLLABORATION,
    name: `name of ${layoutId}`,
    table_dataset: datasetId,
    matched_dataset: null,
    form: 'rows' as const,
    made_of: JSON.stringify({ contents: [snapshotId] }),
    state,
    file_count: 1,
    byte_count: 0,
    details_sealed: null,
    made_at_ms: 0,
  };
  await store.db.insertInto('layouts').values(row).execute();
  const writer = await ColumnWriter.create(kitchen, placeOf(layoutId), undefined);
  for (const chunk of CHUNKS) await writer.write(0, chunk);
  return await writer.finish();
}

const known = async () => (await store.db.selectFrom('layouts').select('layout_id').execute()).map((l) => l.layout_id);
const left = () => readdirSync(join(dataDirectory, 'layouts', COLLABORATION));

/** Looks at everything once; that persons cannot be told apart ends the look. */
async function look(): Promise<void> {
  layouts = startLayouts(kitchen, { readViews: async () => [outcomes] });
  await expect.poll(() => warnings, PATIENCE).toEqual(['layouts are not made; questions do without']);
}

describe('layouts of rows that a publication has replaced', () => {
  it('are removed with their files, also where what is wanted now cannot be known', async () => {
    await publish('snap-1', 1);
    await publish('snap-2', 2);
    await layOut('lay-1', 'snap-1');
    await layOut('lay-2', 'snap-2');
    await look();
    expect(await known()).toEqual(['lay-2']);
    expect(left()).toEqual(['lay-2-0.sealed']);
  });

  it('are read to their end by a question that has begun to read them', async () => {
    await publish('snap-1', 1);
    const index = await layOut('lay-1', 'snap-1');
    const reader = await ColumnReader.open(kitchen, placeOf('lay-1'), index);
    const chunks = reader.chunksOf(0, 1);
    expect((await chunks.next()).value).toEqual(new Uint8Array(CHUNKS[0] ?? []));
    await publish('snap-2', 2);
    await look();
    expect([await known(), left()]).toEqual([[], []]);
    expect((await Array.fromAsync(chunks)).map((chunk) => chunk[0])).toEqual([1, 2, 3]);
    await reader.close();
    // Whoever comes later finds nothing to begin with.
    await expect(ColumnReader.open(kitchen, placeOf('lay-1'), index)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a layout that was given up where the disk took no note of it', () => {
  it('is removed with the next look, and holds up none', async () => {
    await publish('snap-1', 1);
    await layOut('lay-1', 'snap-1', 'making');
    await look();
    expect([await known(), left()]).toEqual([[], []]);
  });
});
