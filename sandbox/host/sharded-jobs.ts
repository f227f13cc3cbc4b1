import type { ShardedRunJob, ShardedTable } from '../sharded-jobs.ts';
import type { JobLimits, TableSource } from '../wall.ts';
import type { Cell } from '../wire/column-type.ts';
import type { HostMessage } from '../wire/messages.ts';
import { converse } from './conversation.ts';
import { Dictionaries } from './dictionaries.ts';
import { collectPersons, collectRows, expectPersons } from './query-jobs.ts';
import { expectFunctions, specOf, streamCode } from './scoring-jobs.ts';
import { streamTable } from './table-stream.ts';
import type { WorkerPool } from './worker-pool.ts';

/** What a worker calls tables of its own. */
const OWN_NAME = /^galley /;

/** Runs a plan's query shard by shard and collects its groups. */
export async function runSharded(pool: WorkerPool, job: ShardedRunJob, limits: JobLimits): Promise<Cell[][]> {
  return await collectRows(converse(pool, errandOf(job), limits), job);
}

/** Runs a plan's query shard by shard whose only column is a person. */
export async function selectPersonsSharded(
  pool: WorkerPool,
  job: ShardedRunJob,
  limits: JobLimits,
): Promise<BigUint64Array> {
  expectPersons(job);
  return await collectPersons(converse(pool, errandOf(job), limits), job.maxRows);
}

function errandOf(job: ShardedRunJob) {
  const functions = job.functions ?? [];
  expectFunctions(functions);
  expectShards(job);
  const dictionaries = new Dictionaries();
  return {
    job: {
      kind: 'run-sharded',
      functions: functions.map(specOf),
      tables: job.tables.map(({ name, columns, isWhole }) => ({
        name,
        columns: columns.map((c) => dictionaries.specOf(c)),
        isWhole,
      })),
      dictionaries: dictionaries.counts,
      shardCount: job.shardCount,
      steps: job.steps.map(({ into, sql, keeps, merge, isOnce = false }) => ({ into, sql, keeps, merge, isOnce })),
      sql: job.sql,
      parameters: job.parameters.map(String),
      resultKinds: job.resultColumns.map(({ kind }) => kind),
      maxRows: job.maxRows,
    } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      yield* streamCode(functions);
      yield* dictionaries.stream();
      for (let shard = 0; shard < job.shardCount; shard += 1) {
        for (const [place, table] of job.tables.entries()) {
          if (shard === 0 || !table.isWhole) yield* streamTable(place, sourceOf(table, shard));
        }
        yield { kind: 'shard' };
      }
    },
  };
}

// Names that are taken are a mistake of whoever printed the plan: told here, not found out by a run that fails.
function expectShards({ shardCount, tables, steps }: ShardedRunJob): void {
  const names = [...tables.map(({ name }) => name), ...steps.map(({ into }) => into)];
  if (!Number.isSafeInteger(shardCount) || shardCount < 1) throw new TypeError('a sharded job has at least one shard');
  if (new Set(names).size < names.length || names.some((name) => OWN_NAME.test(name))) {
    throw new TypeError('the tables and steps of a sharded job have names of their own');
  }
}

function sourceOf({ name, columns, selection }: ShardedTable, shard: number): TableSource {
  return {
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      ...(column.dictionary === undefined ? {} : { dictionary: column.dictionary }),
      chunks: () => column.chunksOf(shard),
    })),
    ...(selection === undefined ? {} : { selection }),
  };
}
