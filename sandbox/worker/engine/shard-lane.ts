import type { DuckDBConnection } from 'duckdb';

import type { StepSpec } from '../../wire/jobs.ts';
import { connectAgain } from './engine.ts';
import { quote } from './load-tables.ts';
import { ShardProgram } from './shard-program.ts';

/** Two: the shard in one is computed while the next is read into the other, and no worker holds more. */
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

  /** Opens all places of a job: where a connection looks for tables is the one setting that a locked engine lets it make. */
  static async openAll(
    engine: DuckDBConnection,
    steps: readonly StepSpec[],
    parameters: readonly bigint[],
  ): Promise<readonly ShardLane[]> {
    const lanes: ShardLane[] = [];
    for (let place = 0; place < LANES_COUNT; place += 1) {
      const schema = `galley lane ${place}`;
      const connection = await connectAgain(engine);
      await connection.run(`CREATE SCHEMA ${quote(schema)}`);
      await connection.run(`SET search_path = '${quote(schema)},main'`);
      lanes.push(new ShardLane(schema, new ShardProgram(connection, schema, steps, parameters)));
    }
    return lanes;
  }

  /** Begins to compute the shard that was loaded here; `isFirst` for the first of the job. */
  start(isFirst: boolean): void {
    // What fails is told by whoever waits next: a promise that nobody waits for yet would end the process.
    this.#running = this.#program.runShard(isFirst).then(
      () => null,
      (cause: unknown) => ({ cause }),
    );
  }

  /** Waits until the last shard is done. */
  async finish(): Promise<void> {
    const fault = await this.#running;
    if (fault !== null) throw fault.cause;
  }

  /** What a step has gathered here; `null` for nothing. */
  gathered(into: string): string | null {
    return this.#program.gathered(into);
  }
}
