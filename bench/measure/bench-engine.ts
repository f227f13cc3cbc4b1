import { readFileSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from 'duckdb';
import { withConstants } from '../../sandbox/testkit/index.ts';

const POLL_MS = 2;
/** As a worker has: one for each core. */
export const THREADS_COUNT = 2;
const KIB_BYTES = 1_024;
/** Pages of tables that lie in files are what a query reads; all else is what it works with. */
const WORKING_MEMORY = `SELECT CAST(coalesce(sum(memory_usage_bytes + temporary_storage_bytes), 0) AS DOUBLE)
  FROM duckdb_memory() WHERE tag NOT IN ('BASE_TABLE', 'METADATA', 'EXTERNAL_FILE_CACHE', 'TRANSACTION')`;

/** The database in memory beside the one on the disk, which all connections see. */
export const IN_MEMORY = 'held';

const threadsOf = new WeakMap<DuckDBInstance, number>();

/** A bare engine of this process, with a second connection that looks at the memory of the first. */
export class BenchEngine implements Disposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #watcher: DuckDBConnection;
  #beside: readonly [BenchEngine, BenchEngine, BenchEngine] | null = null;
  #path = '';

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, watcher: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
    this.#watcher = watcher;
  }

  /** Opens an engine on a file, with the memory that it may have for pages and work together. */
  static async open(path: string, memoryLimit: string): Promise<BenchEngine> {
    const instance = await DuckDBInstance.create(path, { threads: String(THREADS_COUNT), memory_limit: memoryLimit });
    const connection = await instance.connect();
    await connection.run(`ATTACH ':memory:' AS ${IN_MEMORY}`);
    return new BenchEngine(instance, connection, await instance.connect());
  }

  /** The same engine over three more connections: what one runs holds up no other, and its views are its own. */
  async beside(): Promise<readonly [BenchEngine, BenchEngine, BenchEngine]> {
    const open = async () => new BenchEngine(this.#instance, await this.#instance.connect(), this.#watcher);
    this.#beside ??= [await open(), await open(), await open()];
    return this.#beside;
  }

  /** Where names of tables are looked for: said once, as to a worker's places when they are opened. */
  async lookIn(schemas: readonly string[]): Promise<void> {
    const path = schemas.join(',');
    if (path !== this.#path) await this.run(`SET search_path = '${path}'`);
    this.#path = path;
  }

  /** How many threads work for all connections; a worker that computes two shards at once leaves each to one. */
  async useThreads(count: number): Promise<void> {
    if (count !== (threadsOf.get(this.#instance) ?? THREADS_COUNT)) await this.run(`SET threads = ${count}`);
    threadsOf.set(this.#instance, count);
  }

  /** Runs a statement and answers its rows, dates and decimals as their text. */
  async rows(sql: string, parameters: readonly bigint[] = []): Promise<readonly (readonly unknown[])[]> {
    const reader = await this.#connection.runAndReadAll(withConstants(sql, parameters));
    return reader.getRows().map((row) => row.map(asPlain));
  }

  /** Runs a statement for what it does. */
  async run(sql: string, parameters: readonly bigint[] = []): Promise<void> {
    await this.rows(sql, parameters);
  }

  /** One number: of a statement that writes, how many rows it wrote. */
  async number(sql: string, parameters: readonly bigint[] = []): Promise<number> {
    return Number((await this.rows(sql, parameters))[0]?.[0]);
  }

  /** The most memory that the engine worked with while something ran, beyond what it had before. */
  async peakBytes(work: () => Promise<unknown>): Promise<number> {
    const before = await this.#workingBytes();
    let peak = before;
    let isRunning = true;
    const watched = (async () => {
      while (isRunning) {
        peak = Math.max(peak, await this.#workingBytes());
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    })();
    try {
      await work();
    } finally {
      isRunning = false;
      await watched;
    }
    return peak - before;
  }

  async #workingBytes(): Promise<number> {
    return Number((await this.#watcher.runAndReadAll(WORKING_MEMORY)).getRows()[0]?.[0]);
  }

  [Symbol.dispose](): void {
    for (const engine of this.#beside ?? []) engine.#connection.closeSync();
    this.#connection.closeSync();
    this.#watcher.closeSync();
    this.#instance.closeSync();
  }
}

/** The most memory that this process has had, pages of tables included. */
export function processPeakBytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * KIB_BYTES;
}

// The engine's own classes (dates, decimals) are no values of ours; their text says the same.
function asPlain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? String(value) : value;
}
