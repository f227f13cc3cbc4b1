import type { DuckDBConnection } from 'duckdb';

import type { StepSpec } from '../../wire/jobs.ts';
import { quote } from './load-tables.ts';
import { expectSelect, runStatement } from './run-select.ts';

/**
 * Rows that a gathering table may have before it is merged: some megabytes, and many shards of any result that people
 * read.
 */
const MERGED_ROWS_COUNT = 262_144;

/** What a merge of few equal rows must have grown by before it is merged again, or every shard would pay for all. */
const GROWTH_RATIO = 2;

const MERGED_TABLE = 'galley merged';

/** The statements that the shards of one place run, and the tables that their rows go to. */
export class ShardProgram {
  readonly #engine: DuckDBConnection;
  readonly #parameters: readonly bigint[];
  readonly #schema: string;
  /** How many rows each gathering table has, and how many it may have before it is merged. */
  readonly #gathered = new Map<string, { readonly rows: number; readonly limit: number }>();

  /** @param engine a connection that looks for tables in the schema first */
  constructor(engine: DuckDBConnection, schema: string, parameters: readonly bigint[]) {
    this.#engine = engine;
    this.#schema = schema;
    this.#parameters = parameters;
  }

  /** Runs steps over the tables of one shard, and drops what keeps no longer than it. */
  async run(steps: readonly StepSpec[]): Promise<void> {
    for (const step of steps) await this.#runStep(step);
    for (const { into, keeps } of steps) {
      if (keeps === 'shard') await this.#engine.run(`DROP TABLE ${this.#nameOf(into)}`);
    }
  }

  /** What a step has gathered, as a table of the engine; `null` for nothing, as no shard ran. */
  gathered(into: string): string | null {
    return this.#gathered.has(into) ? this.#nameOf(into) : null;
  }

  #nameOf(table: string): string {
    return `${quote(this.#schema)}.${quote(table)}`;
  }

  async #runStep({ into, sql, keeps, merge }: StepSpec): Promise<void> {
    const table = this.#nameOf(into);
    const gathered = this.#gathered.get(into);
    if (gathered === undefined) {
      // As a text of its own, before it is put into a statement: what is one SELECT alone cannot end the one around it.
      await expectSelect(this.#engine, sql);
      const rows = await this.#write(`CREATE TABLE ${table} AS ${sql}`);
      if (keeps === 'run') this.#gathered.set(into, { rows, limit: MERGED_ROWS_COUNT });
      return;
    }
    const { limit } = gathered;
    const rows = gathered.rows + (await this.#write(`INSERT INTO ${table} ${sql}`));
    this.#gathered.set(into, { rows, limit });
    if (merge === null || rows <= limit) return;
    await expectSelect(this.#engine, merge);
    const merged = await this.#write(`CREATE TABLE ${this.#nameOf(MERGED_TABLE)} AS ${merge}`);
    await this.#engine.run(`DROP TABLE ${table}`);
    await this.#engine.run(`ALTER TABLE ${this.#nameOf(MERGED_TABLE)} RENAME TO ${quote(into)}`);
    this.#gathered.set(into, { rows: merged, limit: Math.max(MERGED_ROWS_COUNT, GROWTH_RATIO * merged) });
  }

  /** How many rows a statement wrote. */
  #write(sql: string): Promise<number> {
    return runStatement(this.#engine, sql, this.#parameters);
  }
}
