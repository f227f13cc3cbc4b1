// The rows of the next shard are read while the engine still computes over those of the last: it has threads of its
// own. So there are two places for shards, each a schema of the engine, in which a shard's tables have the names that
// statements know.
import { setImmediate } from 'node:timers/promises';
import type { DuckDBConnection } from 'duckdb';

import type { ShardedTableSpec } from '../../wire/jobs.ts';
import { receiveTables } from '../channel.ts';
import { createTable, quote, TableLoader } from './load-tables.ts';

/** Where tables are that come once. */
const WHOLE_SCHEMA = 'main';

/** Loads tables shard by shard, each shard into a place in which nothing runs any more. */
export class ShardLoader {
  readonly #connection: DuckDBConnection;
  readonly #tables: readonly ShardedTableSpec[];
  readonly #loader: TableLoader;
  /** Schemas that hold a shard already. */
  readonly #filled = new Set<string>();
  #schema = WHOLE_SCHEMA;
  #shard = -1;

  /** @param connection one that runs nothing else, or loading would wait for it */
  constructor(connection: DuckDBConnection, tables: readonly ShardedTableSpec[], dictionaries: readonly number[]) {
    this.#connection = connection;
    this.#tables = tables;
    this.#loader = new TableLoader(connection, tables, dictionaries, (place) => this.#schemaOf(tables[place]));
  }

  /** Reads the next shard into a schema, in place of the one that is there. */
  async load(schema: string): Promise<void> {
    this.#shard += 1;
    this.#schema = schema;
    for (const table of this.#coming()) await this.#empty(table);
    this.#filled.add(schema);
    const loader = this.#loader;
    for (const chunk of receiveTables('shard', (byteCount) => loader.memoryFor(byteCount))) {
      if (this.#tables[chunk.table]?.isWhole && this.#shard > 0) throw new Error('a whole table comes once');
      await loader.accept(chunk);
      // Reading holds this thread: what the engine has done meanwhile is seen, and its next statement begun, only between.
      await setImmediate();
    }
    loader.finish();
  }

  async #empty(table: ShardedTableSpec): Promise<void> {
    const schema = this.#schemaOf(table);
    if (!table.isWhole && this.#filled.has(schema)) {
      await this.#connection.run(`DROP TABLE ${quote(schema)}.${quote(table.name)}`);
    }
    await createTable(this.#connection, table, schema);
  }

  #schemaOf(table: ShardedTableSpec | undefined): string {
    return table?.isWhole === true ? WHOLE_SCHEMA : this.#schema;
  }

  #coming(): readonly ShardedTableSpec[] {
    return this.#tables.filter(({ isWhole }) => !isWhole || this.#shard === 0);
  }
}
