// Kysely's SQLite dialect over Node's own SQLite: no package, no native build.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';

/** How long a writer waits for one of another process; longer than any transaction of ours. */
const MAX_LOCK_WAIT_MS = 5_000;

/** Statements that are kept prepared: all that the flows have. Lists of changing length make more, and begin anew. */
const MAX_KEPT_STATEMENTS_COUNT = 512;

const pragmas = [
  'journal_mode = wal',
  // An answered charge must survive power loss (promise 3), so that every commit reaches the disk.
  'synchronous = full',
  'foreign_keys = on',
  `busy_timeout = ${MAX_LOCK_WAIT_MS}`,
  // A row that is deleted is overwritten, not left in a free page.
  'secure_delete = on',
  // Schema and triggers are ours, the file may not be: functions with effects are not called from it.
  'trusted_schema = off',
];

/** Opens a database file as a Kysely dialect. Integers outside of JavaScript's safe range throw instead of rounding. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(file: string) {
    const database = adapt(new DatabaseSync(file), pragmas);
    super({ database });
    this.#database = database;
  }

  override createAdapter(): DialectAdapter {
    return new WholeMigrations();
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: this.#database });
  }
}

// SQLite takes changes of tables back like any others; Kysely leaves them outside because some want foreign keys switched
// off, which no transaction can. None of ours does. A start that is cut off leaves the schema that it found, and a first
// one writes to the disk once and not after each of two hundred statements.
class WholeMigrations extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

// A transaction that reads a balance and then writes it must own the write lock before it reads: a deferred one would
// fail, or decide on a balance that another process is changing.
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

function adapt(database: DatabaseSync, settings: readonly string[]): SqliteDatabase {
  for (const setting of settings) database.exec(`pragma ${setting}`);
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (text) => {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const statement = database.prepare(text);
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      const prepared: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        // On a statement of its own: rows that are still being read end where the kept one is asked again.
        iterate: (parameters) => database.prepare(text).iterate(...values(parameters)),
      };
      if (kept.size === MAX_KEPT_STATEMENTS_COUNT) kept.clear();
      kept.set(text, prepared);
      return prepared;
    },
  };
}
