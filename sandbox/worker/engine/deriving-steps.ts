import type { DuckDBConnection } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { quote } from './load-tables.ts';
import { expectSelect, runStatement } from './run-select.ts';

/**
 * The tables of a shard that several derived tables are made from: each is there from the first that reads it to the last,
 * so that no more of them take memory at once than must.
 */
export class DerivingSteps {
  readonly #engine: DuckDBConnection;
  readonly #steps: (JobSpec & { kind: 'derive' })['steps'];
  readonly #reads: readonly ReadonlySet<string>[];
  readonly #made = new Set<string>();

  constructor(engine: DuckDBConnection, { steps, outputs }: JobSpec & { kind: 'derive' }) {
    this.#engine = engine;
    this.#steps = steps;
    this.#reads = outputs.map(({ reads }) => new Set(reads));
  }

  /** Makes what an output reads and is not there. */
  async make(output: number, parameters: readonly bigint[]): Promise<void> {
    for (const { into, sql } of this.#steps) {
      if (this.#made.has(into) || this.#reads[output]?.has(into) !== true) continue;
      // As a text of its own, before it is put into a statement: what is one SELECT alone cannot end the one around it.
      await expectSelect(this.#engine, sql);
      await runStatement(this.#engine, `CREATE TABLE main.${quote(into)} AS ${sql}`, parameters);
      this.#made.add(into);
    }
  }

  /** Drops what no later output reads. */
  async drop(output: number): Promise<void> {
    for (const into of this.#made) {
      if (this.#reads.some((reads, index) => index > output && reads.has(into))) continue;
      await this.#engine.run(`DROP TABLE main.${quote(into)}`);
      this.#made.delete(into);
    }
  }
}
