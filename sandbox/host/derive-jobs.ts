// What a derive job makes is stored, and every later answer is computed from it: what a worker that was taken over hands
// out is held to its shard, its types and its dictionaries here, before anybody keeps a byte.
import type { DerivedTable, DeriveEvent, DeriveJob, PersonSpan } from '../sharded-jobs.ts';
import type { JobLimits } from '../wall.ts';
import { type ColumnChunk, expectCodes } from '../wire/column-chunk.ts';
import { converse } from './conversation.ts';
import { Dictionaries } from './dictionaries.ts';
import { BlockGate, fail } from './output-gate.ts';
import { streamTables } from './table-stream.ts';
import type { WorkerPool } from './worker-pool.ts';

const PERSON_END = 1n << 64n;

/** Makes derived tables, shard by shard. */
export async function* derive(
  pool: WorkerPool,
  job: DeriveJob,
  limits: JobLimits,
): AsyncGenerator<DeriveEvent, void, undefined> {
  expectSpans(job.shards);
  const gates = job.outputs.map((output) => new DerivedGate(output));
  let shard = 0;
  let output = 0;
  let rowCount = 0;
  for await (const message of converse(pool, errandOf(job), limits)) {
    const span = job.shards[shard];
    const gate = gates[output];
    if (message.kind === 'done') {
      if (span !== undefined || output > 0 || message.rows !== rowCount) fail();
      return;
    }
    if (span === undefined || gate === undefined) fail();
    if (message.kind === 'chunk') {
      const { column, bytes } = message;
      const rows = gate.accept(column, bytes, span);
      yield { kind: 'chunk', shard, output, column, rows, bytes };
    } else if (message.kind === 'part') {
      gate.finish(message.rows);
      rowCount += message.rows;
      yield { kind: 'part', shard, output, rows: message.rows };
      output = (output + 1) % gates.length;
      if (output === 0) shard += 1;
    } else fail();
  }
  fail();
}

/** Judges the chunks of one derived table. */
class DerivedGate {
  readonly #output: DerivedTable;
  readonly #personColumn: number;
  #blocks: BlockGate;
  /** Rows of all shards so far. */
  #rowCount = 0;
  /** Rows of the block that is being told; none between two. */
  #blockRows = 0;
  /** Upper and lower half of the last person of this shard. */
  #last: [number, number] = [0, 0];

  constructor(output: DerivedTable) {
    this.#output = output;
    this.#personColumn = output.columns.findIndex(({ type }) => type.kind === 'person');
    if (output.columns.filter(({ type }) => type.kind === 'person').length !== 1) {
      throw new TypeError('a derived table has one column of persons');
    }
    this.#blocks = this.#newBlocks();
  }

  /** Judges one chunk; gives how many rows it has. */
  accept(column: number, bytes: Uint8Array, span: PersonSpan): number {
    const chunk = this.#blocks.accept(column, bytes);
    const { dictionary } = this.#output.columns[column] ?? {};
    if (dictionary !== undefined) expectCodesOrFail(chunk, dictionary.length);
    if (column === 0) {
      // Empty ones would be told without end.
      if (chunk.rowCount === 0) fail();
      this.#blockRows = chunk.rowCount;
      this.#rowCount += chunk.rowCount;
      if (this.#rowCount > this.#output.maxRows) fail();
    }
    if (column === this.#personColumn) this.#expectPersons(chunk, span);
    return this.#blockRows;
  }

  /** Judges the end of a shard. */
  finish(rows: number): void {
    this.#blocks.finish(rows);
    this.#blocks = this.#newBlocks();
    this.#last = [0, 0];
  }

  #newBlocks(): BlockGate {
    return new BlockGate(this.#output.columns.map(({ type }) => type));
  }

  // Halves instead of whole names: a 64-bit number for each row would be made and thrown away again.
  #expectPersons({ validity, values, rowCount }: ColumnChunk, { first, last }: PersonSpan): void {
    if (validity !== null || !(values instanceof BigUint64Array)) fail();
    const halves = new Uint32Array(values.buffer, values.byteOffset, rowCount * 2);
    let [upper, lower] = this.#last;
    for (let at = 0; at < halves.length; at += 2) {
      const [low, high] = [halves[at] as number, halves[at + 1] as number];
      if (high < upper || (high === upper && low < lower)) fail();
      upper = high;
      lower = low;
    }
    // Ascending, so that the first and the last speak for all between.
    if ((values[0] as bigint) < first || (values[rowCount - 1] as bigint) > last) fail();
    this.#last = [upper, lower];
  }
}

function expectCodesOrFail(chunk: ColumnChunk, textCount: number): void {
  try {
    expectCodes(chunk, textCount);
  } catch {
    fail();
  }
}

function errandOf(job: DeriveJob) {
  const dictionaries = new Dictionaries();
  const tables = job.tables.map(({ name, columns }) => ({ name, columns: columns.map((c) => dictionaries.specOf(c)) }));
  const outputs = job.outputs.map(({ sql, columns, reads = [] }) => {
    return { sql, columns: columns.map((c) => dictionaries.specOf(c)), reads: [...reads] };
  });
  return {
    job: {
      kind: 'derive',
      tables,
      steps: (job.steps ?? []).map(({ into, sql }) => ({ into, sql })),
      outputs,
      dictionaries: dictionaries.counts,
      salt: String(job.salt),
      shards: job.shards.map(({ first, last }): [string, string] => [String(first), String(last)]),
    } as const,
    stream: async function* () {
      yield* dictionaries.stream();
      yield* streamTables(job.tables);
    },
  };
}

function expectSpans(spans: readonly PersonSpan[]): void {
  let end = -1n;
  for (const { first, last } of spans) {
    if (first <= end || last < first || last >= PERSON_END) throw new TypeError('shards of persons overlap or fall');
    end = last;
  }
}
