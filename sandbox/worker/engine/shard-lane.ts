import type { DuckDBConnection } from 'duckdb';

import type { StepSpec } from '../../wire/jobs.ts';
import { connectAgain } from './engine.ts';
import { quote } from './load-tables.ts';
import { ShardProgram } from './shard-program.ts';

/** Two: while shards are computed in both, or in one and the next is read into the other; no worker holds more. */
const LANES_COUNT = 2;

/** What a failed shard left behind. */
interface Fault {
  readonly cause: unknown;
}

/**
 * A place for shards, one after another: a schema with the tables of one, a connection that knows them by their names, and
 * what their steps have gathered.
 */
export class ShardLane {
  readonly schema: string;
  readonly #program: ShardProgram;
  #running: Promise<Fault | null> = Promise.resolve(null);

  private constructor(schema: string, program: ShardProgram) {
    this.schema = schema;
    this.#program = program;
  }

  /** Opens all places of a job: where a connection looks for tables is a setting that a locked engine lets it make. */
  static async openAll(engine: DuckDBConnection, parameters: readonly bigint[]): Promise<readonly ShardLane[]> {
    const lanes: ShardLane[] = [];
    for (let place = 0; place < LANES_COUNT; place += 1) {
      const schema = `galley lane ${place}`;
      const connection = await connectAgain(engine);
      await connection.run(`CREATE SCHEMA ${quote(schema)}`);
      await connection.run(`SET search_path = '${quote(schema)},main'`);
      lanes.push(new ShardLane(schema, new ShardProgram(connection, schema, parameters)));
    }
    return lanes;
  }

  /** Begins to run steps over the tables that were loaded here, and over whole ones. */
  start(steps: readonly StepSpec[]): void {
    // What fails is told by whoever waits next: a promise that nobody waits for yet would end the process.
    this.#running = this.#program.run(steps).then(
      () => null,
      (cause: unknown) => ({ cause }),
    );
  }

  /** Waits until what was begun is done. */
  async finish(): Promise<void> {
    const fault = await this.#running;
    if (fault !== null) throw fault.cause;
  }

  /** What a step has gathered here; `null` for nothing. */
  gathered(into: string): string | null {
    return this.#program.gathered(into);
  }
}
