import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KyselyPlugin, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kitchen } from '../kitchen/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { layoutPlace, removeUnnamedFiles } from './layout-files.ts';

const COLLABORATION = 'col-1';

let dataDirectory: string;
let store: Store;

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'galley-layout-files-'));
  store = await openStore(dataDirectory);
  // The rows that a layout names are of no matter here.
  await sql`pragma foreign_keys = off`.execute(store.db);
});

afterEach(async () => {
  await store.close();
  rmSync(dataDirectory, { recursive: true });
});

/** All of a kitchen that files of layouts need; `afterReads` runs when names have been read and nothing is done yet. */
function kitchenOf(afterReads: () => Promise<void> = async () => {}): Kitchen {
  const pausing: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      await afterReads();
      return result;
    },
  };
  const paused = { ...store, db: store.db.withPlugin(pausing) };
  return { config: { dataDirectory }, store: paused } as unknown as Kitchen;
}

/** Names a layout as its making does, and then begins a file of it. */
async function begin(layoutId: string): Promise<void> {
  const row = {
    layout_id: layoutId,
    collaboration_id: COLLABORATION,
    name: `name of ${layoutId}`,
    table_dataset: 'ds-1',
    matched_dataset: null,
    form: 'rows' as const,
    made_of: '{}',
    state: 'making' as const,
    file_count: 0,
    byte_count: 0,
    details_sealed: null,
    made_at_ms: 0,
  };
  await store.db.insertInto('layouts').values(row).execute();
  leave(layoutId);
}

function leave(layoutId: string): void {
  const { path } = layoutPlace(kitchenOf(), COLLABORATION, { layoutId, index: 0, datasetId: 'ds-1' });
  mkdirSync(join(dataDirectory, 'layouts', COLLABORATION), { recursive: true });
  writeFileSync(path, 'sealed');
}

const left = () => readdirSync(join(dataDirectory, 'layouts', COLLABORATION));

describe('a sweep of files that nothing names', () => {
  it('takes what a crash has left, and nothing of a layout that is being made', async () => {
    leave('lay-1');
    await begin('lay-2');
    await removeUnnamedFiles(kitchenOf());
    expect(left()).toEqual(['lay-2-0.sealed']);
  });

  it('takes nothing of a making that begins while it looks', async () => {
    leave('lay-1');
    let isBegun = false;
    const beginOnce = async () => {
      if (isBegun) return;
      isBegun = true;
      await begin('lay-2');
    };
    await removeUnnamedFiles(kitchenOf(beginOnce), [COLLABORATION]);
    expect([isBegun, left()]).toEqual([true, ['lay-2-0.sealed']]);
  });
});
