import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { CompiledQuery, Kysely, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import { makePrivateDirectory } from '../vault/index.ts';
import { migrate0001 } from './migration-0001.ts';
import { migrate0002 } from './migration-0002.ts';
import { migrate0003 } from './migration-0003.ts';
import { migrate0004 } from './migration-0004.ts';
import { migrate0005 } from './migration-0005.ts';
import { migrate0006 } from './migration-0006.ts';
import { migrate0007 } from './migration-0007.ts';
import { migrate0008 } from './migration-0008.ts';
import { migrate0009 } from './migration-0009.ts';
import { migrate0010 } from './migration-0010.ts';
import { migrate0011 } from './migration-0011.ts';
import { migrate0012 } from './migration-0012.ts';
import { migrate0013 } from './migration-0013.ts';
import { migrate0014 } from './migration-0014.ts';
import { migrate0015 } from './migration-0015.ts';
import { migrate0016 } from './migration-0016.ts';
import { migrate0017 } from './migration-0017.ts';
import { migrate0018 } from './migration-0018.ts';
import { migrate0019 } from './migration-0019.ts';
import { migrate0020 } from './migration-0020.ts';
import { migrate0021 } from './migration-0021.ts';
import { migrate0022 } from './migration-0022.ts';
import { migrate0023 } from './migration-0023.ts';
import { migrate0024 } from './migration-0024.ts';
import { NodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { Tables } from './tables.ts';

/** A place to read and write: the store itself or a transaction of it. */
export type Database = Kysely<Tables>;

/** The control store. */
export type Store = {
  readonly db: Database;
  /**
   * Runs work in one immediate transaction: all of it is on the disk when this returns, or none of it ever is.
   *
   * There is one connection, so that inside `work` only `transaction` may be used: waiting for `db` there waits for
   * ever.
   */
  readonly transaction: <Result>(work: (transaction: Transaction<Tables>) => Promise<Result>) => Promise<Result>;
  /**
   * The same for what may be lost with the power, though never out of turn: it outlives the process when this returns, and
   * is on the disk with the next transaction at the latest. For notes that a start makes again.
   */
  readonly noteDown: <Result>(work: (transaction: Transaction<Tables>) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
};

/** Every change of the schema, in order of their names. One that was released is never edited. */
const migrations = {
  '0001-first-tables': { up: migrate0001 },
  '0002-exact-releases': { up: migrate0002 },
  '0003-decisions': { up: migrate0003 },
  '0004-counting-paths': { up: migrate0004 },
  '0005-functions': { up: migrate0005 },
  '0006-synthetic-datasets': { up: migrate0006 },
  '0007-shown-releases': { up: migrate0007 },
  '0008-parts': { up: migrate0008 },
  '0009-spine': { up: migrate0009 },
  '0010-rights': { up: migrate0010 },
  '0011-dataset-keys': { up: migrate0011 },
  '0012-received-uploads': { up: migrate0012 },
  '0013-pending-publications': { up: migrate0013 },
  '0014-entry-details': { up: migrate0014 },
  '0015-audit-grants': { up: migrate0015 },
  '0016-receipts': { up: migrate0016 },
  '0017-told-charges': { up: migrate0017 },
  '0018-publications': { up: migrate0018 },
  '0019-destination-terms': { up: migrate0019 },
  '0020-tags': { up: migrate0020 },
  '0022-templates': { up: migrate0022 },
  '0021-models': { up: migrate0021 },
  '0023-layouts': { up: migrate0023 },
  '0024-releases-in-rows': { up: migrate0024 },
};

/** The file's name inside the data directory. */
const STORE_FILE = 'control.sqlite';

/** Opens the control store of a data directory, makes it when there is none, and brings its tables up to date. */
export async function openStore(directory: string): Promise<Store> {
  await makePrivateDirectory(directory);
  const file = join(directory, STORE_FILE);
  const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(file) });
  await chmod(file, 0o600);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    transaction: (work) => db.transaction().execute(work),
    noteDown: (work) => db.connection().execute((connection) => noteDown(connection, work)),
    close: () => db.destroy(),
  };
}

const IN_ORDER = CompiledQuery.raw('pragma synchronous = normal');
const TO_THE_DISK = CompiledQuery.raw('pragma synchronous = full');

// In its journal SQLite writes in order and syncs all that stands before: a commit that does not sync is lost alone or
// with those after it.
async function noteDown<Result>(
  connection: Database,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  await connection.executeQuery(IN_ORDER);
  try {
    return await connection.transaction().execute(work);
  } finally {
    await connection.executeQuery(TO_THE_DISK);
  }
}
