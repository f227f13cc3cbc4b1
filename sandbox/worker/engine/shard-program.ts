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
  readonly #steps: readonly StepSpec[];
  readonly #parameters: readonly bigint[];
  readonly #schema: string;
  /** How many rows a gathering table may have before it is merged; of those that there are. */
  readonly #limits = new Map<string, number>();

  /** @param engine a connection that looks for tables in the schema first */
  constructor(engine: DuckDBConnection, schema: string, steps: readonly StepSpec[], parameters: readonly bigint[]) {
    this.#engine = engine;
    this.#schema = schema;
    this.#steps = steps;
    this.#parameters = parameters;
  }

  /**
   * Runs the steps over the tables of one shard, and drops what keeps no longer than it.
   *
   * @param isFirst whether it is the first of the job: steps over tables that come once run with it alone
   */
  async runShard(isFirst: boolean): Promise<void> {
    const steps = this.#steps.filter(({ isOnce }) => !isOnce || isFirst);
    for (const step of steps) await this.#runStep(step);
    for (const { into, keeps } of steps) {
      if (keeps === 'shard') await this.#engine.run(`DROP TABLE ${this.#nameOf(into)}`);
    }
  }

  /** What a step has gathered, as a table of the engine; `null` for nothing, as no shard ran. */
  gathered(into: string): string | null {
    return this.#limits.has(into) ? this.#nameOf(into) : null;
  }

  #nameOf(table: string): string {
    return `${quote(this.#schema)}.${quote(table)}`;
  }

  async #runStep({ into, sql, keeps, merge }: StepSpec): Promise<void> {
    const table = this.#nameOf(into);
    const limit = this.#limits.get(into);
    if (limit === undefined) {
      // As a text of its own, before it is put into a statement: what is one SELECT alone cannot end the one around it.
      await expectSelect(this.#engine, sql);
      await runStatement(this.#engine, `CREATE TABLE ${table} AS ${sql}`, this.#parameters);
      if (keeps === 'run') this.#limits.set(into, MERGED_ROWS_COUNT);
      return;
    }
    await runStatement(this.#engine, `INSERT INTO ${table} ${sql}`, this.#parameters);
    if (merge === null || (await this.#countRows(table)) <= limit) return;
    await expectSelect(this.#engine, merge);
    await runStatement(this.#engine, `CREATE TABLE ${this.#nameOf(MERGED_TABLE)} AS ${merge}`, this.#parameters);
    await this.#engine.run(`DROP TABLE ${table}`);
    await this.#engine.run(`ALTER TABLE ${this.#nameOf(MERGED_TABLE)} RENAME TO ${quote(into)}`);
    this.#limits.set(into, Math.max(MERGED_ROWS_COUNT, GROWTH_RATIO * (await this.#countRows(table))));
  }

  async #countRows(table: string): Promise<number> {
    const result = await this.#engine.runAndReadAll(`SELECT count(*) FROM ${table}`);
    return Number(result.value(0, 0));
  }
}
