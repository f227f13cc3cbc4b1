// The rows of the next shard are read while the engine still computes over those of the last: it has threads of its
// own. So there are two of each table, one under the name that statements know and one that is being filled.
import { setImmediate } from 'node:timers/promises';
import type { DuckDBConnection } from 'duckdb';

import type { ShardedTableSpec, TableSpec } from '../../wire/jobs.ts';
import { receiveTables } from '../channel.ts';
import { createTable, quote, TableLoader } from './load-tables.ts';

/** Before the name of a table that is being filled. */
const NEXT_PREFIX = 'galley next ';

/** Loads tables shard by shard, and puts each shard in the place of the last. */
export class ShardLoader {
  readonly #connection: DuckDBConnection;
  readonly #tables: readonly ShardedTableSpec[];
  readonly #loader: TableLoader;
  #shard = -1;

  /** @param connection one that runs nothing else, or loading would wait for it */
  constructor(connection: DuckDBConnection, tables: readonly ShardedTableSpec[], dictionaries: readonly number[]) {
    this.#connection = connection;
    this.#tables = tables;
    const nameOf = ({ name }: TableSpec) => `${NEXT_PREFIX}${name}`;
    this.#loader = new TableLoader(connection, tables, dictionaries, nameOf);
  }

  /** Reads the next shard beside the one that is in place. */
  async load(): Promise<void> {
    this.#shard += 1;
    for (const table of this.#coming()) await createTable(this.#connection, table, `${NEXT_PREFIX}${table.name}`);
    const loader = this.#loader;
    for (const chunk of receiveTables('shard', (byteCount) => loader.memoryFor(byteCount))) {
      if (this.#tables[chunk.table]?.isWhole && this.#shard > 0) throw new Error('a whole table comes once');
      await loader.accept(chunk);
      // Reading holds this thread: what the engine has done meanwhile is seen, and its next statement begun, only between.
      await setImmediate();
    }
    loader.finish();
  }

  /** Puts what was read in its place; nothing may run over the last shard any more. */
  async place(): Promise<void> {
    for (const { name } of this.#coming()) {
      if (this.#shard > 0) await this.#connection.run(`DROP TABLE main.${quote(name)}`);
      await this.#connection.run(`ALTER TABLE main.${quote(NEXT_PREFIX + name)} RENAME TO ${quote(name)}`);
    }
  }

  #coming(): readonly ShardedTableSpec[] {
    return this.#tables.filter(({ isWhole }) => !isWhole || this.#shard === 0);
  }
}
