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

const MERGED_TABLE = '"galley merged"';

/** The statements that each shard runs, and the tables that their rows go to. */
export class ShardProgram {
  readonly #engine: DuckDBConnection;
  readonly #steps: readonly StepSpec[];
  readonly #parameters: readonly bigint[];
  /** How many rows a gathering table may have before it is merged; of those that there are. */
  readonly #limits = new Map<string, number>();

  constructor(engine: DuckDBConnection, steps: readonly StepSpec[], parameters: readonly bigint[]) {
    this.#engine = engine;
    this.#steps = steps;
    this.#parameters = parameters;
  }

  /** Runs the steps over the tables of one shard, and drops what keeps no longer than it. */
  async runShard(): Promise<void> {
    for (const step of this.#steps) await this.#runStep(step);
    for (const { into, keeps } of this.#steps) {
      if (keeps === 'shard') await this.#engine.run(`DROP TABLE main.${quote(into)}`);
    }
  }

  async #runStep({ into, sql, keeps, merge }: StepSpec): Promise<void> {
    const table = `main.${quote(into)}`;
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
    await runStatement(this.#engine, `CREATE TABLE main.${MERGED_TABLE} AS ${merge}`, this.#parameters);
    await this.#engine.run(`DROP TABLE ${table}`);
    await this.#engine.run(`ALTER TABLE main.${MERGED_TABLE} RENAME TO ${quote(into)}`);
    this.#limits.set(into, Math.max(MERGED_ROWS_COUNT, GROWTH_RATIO * (await this.#countRows(table))));
  }

  async #countRows(table: string): Promise<number> {
    const result = await this.#engine.runAndReadAll(`SELECT count(*) FROM ${table}`);
    return Number(result.value(0, 0));
  }
}
