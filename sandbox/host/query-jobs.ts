import type { ComposedTable, ComposeJob, JobLimits, ParseResult, RunJob } from '../wall.ts';
import type { Cell } from '../wire/column-type.ts';
import type { ResultKind } from '../wire/jobs.ts';
import type { WorkerMessage } from '../wire/messages.ts';
import { converse } from './conversation.ts';
import { Dictionaries } from './dictionaries.ts';
import { type ComposedColumn, checkComposedColumns, fail, PersonGate, RowGate } from './output-gate.ts';
import { expectFunctions, specOf, streamCode } from './scoring-jobs.ts';
import { streamOuterTables, streamTables } from './table-stream.ts';
import type { WorkerPool } from './worker-pool.ts';

/** What a job asks of its worker's answer. */
interface AskedRows {
  readonly resultColumns: readonly { readonly kind: ResultKind }[];
  readonly maxRows: number;
}

/** Asks a worker for the syntax tree of a text. */
export async function parse(pool: WorkerPool, sql: string, limits: JobLimits): Promise<ParseResult> {
  for await (const message of converse(pool, { job: { kind: 'parse', sql } }, limits)) {
    if (message.kind === 'tree') return { ok: true, tree: message.text };
    if (message.kind !== 'unparsed') fail();
    const { reason, position } = message;
    return position === null ? { ok: false, reason } : { ok: false, reason, position };
  }
  fail();
}

/** Runs a plan's query and collects its groups. */
export async function run(pool: WorkerPool, job: RunJob, limits: JobLimits): Promise<Cell[][]> {
  return await collectRows(converse(pool, errandOf(job), limits), job);
}

/** Collects the groups that a worker answers. */
export async function collectRows(
  messages: AsyncIterable<WorkerMessage>,
  { resultColumns, maxRows }: AskedRows,
): Promise<Cell[][]> {
  const gate = new RowGate(
    resultColumns.map(({ kind }) => ({ kind })),
    maxRows,
  );
  for await (const message of messages) {
    if (message.kind === 'chunk') gate.accept(message.column, message.bytes);
    else if (message.kind === 'done') gate.finish(message.rows);
    else fail();
  }
  return gate.rows;
}

/** Runs a plan's query whose only column is a person. */
export async function selectPersons(pool: WorkerPool, job: RunJob, limits: JobLimits): Promise<BigUint64Array> {
  expectPersons(job);
  return await collectPersons(converse(pool, errandOf(job), limits), job.maxRows);
}

/** Makes sure that a job asks for persons and nothing else. */
export function expectPersons({ resultColumns }: AskedRows): void {
  if (resultColumns.length !== 1 || resultColumns[0]?.kind !== 'person') {
    throw new TypeError('persons are selected by one result column of kind `person`');
  }
}

/** Collects the persons that a worker answers. */
export async function collectPersons(messages: AsyncIterable<WorkerMessage>, maxRows: number): Promise<BigUint64Array> {
  const gate = new PersonGate(maxRows);
  for await (const message of messages) {
    if (message.kind === 'chunk') gate.accept(message.column, message.bytes);
    else if (message.kind === 'done') return gate.finish(message.rows);
    else fail();
  }
  fail();
}

/** Runs an outer query over released tables. */
export async function compose(pool: WorkerPool, job: ComposeJob, limits: JobLimits): Promise<ComposedTable> {
  const tables = job.tables.map(({ name, columns }) => ({
    name,
    columns: columns.map((column) => ({ name: column.name, type: { kind: column.kind } })),
  }));
  const errand = {
    job: { kind: 'compose', tables, sql: job.sql, maxRows: job.maxRows } as const,
    stream: () => streamOuterTables(job.tables),
  };
  let columns: ComposedColumn[] | null = null;
  let gate: RowGate | null = null;
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'columns' && gate === null) {
      columns = checkComposedColumns(message.columns);
      gate = new RowGate(
        columns.map(({ kind }) => ({ kind })),
        job.maxRows,
      );
    } else if (gate !== null && message.kind === 'chunk') gate.accept(message.column, message.bytes);
    else if (gate !== null && message.kind === 'done') gate.finish(message.rows);
    else fail();
  }
  if (gate === null || columns === null) fail();
  return { columns, rows: gate.rows };
}

function errandOf(job: RunJob) {
  const functions = job.functions ?? [];
  expectFunctions(functions);
  const dictionaries = new Dictionaries();
  return {
    job: {
      kind: 'run',
      functions: functions.map(specOf),
      tables: job.tables.map(({ name, columns }) => ({ name, columns: columns.map((c) => dictionaries.specOf(c)) })),
      dictionaries: dictionaries.counts,
      sql: job.sql,
      parameters: job.parameters.map(String),
      resultKinds: job.resultColumns.map(({ kind }) => kind),
      maxRows: job.maxRows,
    } as const,
    stream: async function* () {
      yield* streamCode(functions);
      yield* dictionaries.stream();
      yield* streamTables(job.tables);
    },
  };
}
