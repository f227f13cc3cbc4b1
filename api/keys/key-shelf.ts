import { type Selectable, sql } from 'kysely';
import { type Database, forgetOverwritten, type Store, type Tables } from '../store/index.ts';
import type { KeyShelf, ShelfKey } from '../vault/index.ts';

type Row = Selectable<Tables['dataset_keys']>;

/** Keeps wrapped keys in the control store, beside what they belong to: a copy of the one is a copy of the other. */
export function openKeyShelf(store: Store): KeyShelf {
  return {
    list: async (owner) => {
      const all = store.db.selectFrom('dataset_keys').selectAll().orderBy('dataset_id').orderBy('version');
      const rows = await (owner === undefined ? all : all.where('dataset_id', '=', owner)).execute();
      return rows.map(keyOf);
    },
    addFirst: async (key) => {
      const row = rowOf(key);
      await store.db
        .insertInto('dataset_keys')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    put: (keys) =>
      store.transaction(async (db) => {
        for (const row of keys.map(rowOf)) await putRow(db, row);
      }),
    remove: async (owner, version) => {
      await store.transaction((db) => shred(db, owner, version));
      await flush(store.db);
    },
    destroy: async (owner) => {
      await store.transaction(async (db) => {
        const rows = await db.selectFrom('dataset_keys').selectAll().where('dataset_id', '=', owner).execute();
        if (rows.some((row) => row.state === 'destroyed')) return;
        for (const { version } of rows) await shred(db, owner, version);
        const { created_at_ms } = rows[0] ?? { created_at_ms: 0 };
        const empty = { root_version: 0, wrapped: Buffer.alloc(0), created_at_ms };
        await db
          .insertInto('dataset_keys')
          .values({ dataset_id: owner, version: 0, state: 'destroyed', ...empty })
          .execute();
      });
      await forgetOverwritten(store.db);
    },
  };
}

async function putRow(db: Database, row: Row): Promise<void> {
  const { root_version, wrapped, state } = row;
  await db
    .insertInto('dataset_keys')
    .values(row)
    .onConflict((conflict) => conflict.columns(['dataset_id', 'version']).doUpdateSet({ root_version, wrapped, state }))
    .execute();
}

// Overwritten by name first; what the store frees it overwrites too (`secure_delete`).
async function shred(db: Database, owner: string, version: number): Promise<void> {
  await db
    .updateTable('dataset_keys')
    .set({ wrapped: sql<Uint8Array>`zeroblob(length(wrapped))` })
    .where('dataset_id', '=', owner)
    .where('version', '=', version)
    .execute();
  await db.deleteFrom('dataset_keys').where('dataset_id', '=', owner).where('version', '=', version).execute();
}

// Until it is emptied, the store's journal holds the pages as they were before.
async function flush(db: Database): Promise<void> {
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
}

function keyOf(row: Row): ShelfKey {
  return {
    owner: row.dataset_id,
    version: row.version,
    rootVersion: row.root_version,
    wrapped: row.wrapped,
    state: row.state,
    createdAtMs: row.created_at_ms,
  };
}

function rowOf(key: ShelfKey): Row {
  return {
    dataset_id: key.owner,
    version: key.version,
    root_version: key.rootVersion,
    wrapped: key.wrapped,
    state: key.state,
    created_at_ms: key.createdAtMs,
  };
}
