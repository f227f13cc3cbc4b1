import type {
  CountMatchesEvent,
  CountMatchesJob,
  HidePointsEvent,
  HidePointsJob,
  JobLimits,
  MatchKindsJob,
} from '../wall.ts';
import { encodeColumnChunk, MAX_CHUNK_ROWS } from '../wire/column-chunk.ts';
import { DIGEST_BYTES } from '../wire/column-type.ts';
import { type MatchStep, MULTIPLES_COUNT } from '../wire/matching.ts';
import type { HostMessage, WorkerMessage } from '../wire/messages.ts';
import { converse } from './conversation.ts';
import { BlockGate, fail, RowGate } from './output-gate.ts';
import { zipChunks } from './table-stream.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Counts persons of two tables by the first kind of identifier that they share. */
export async function matchKinds(pool: WorkerPool, { sides }: MatchKindsJob, limits: JobLimits): Promise<bigint[]> {
  const kindCount = sides[0].digestChunks.length;
  if (sides[1].digestChunks.length !== kindCount) throw new TypeError('both sides of a match have the same kinds');
  const errand = { job: { kind: 'match-kinds', kindCount } as const, stream: () => streamSides(sides) };
  const gate = new CountGate(kindCount + 1);
  for await (const message of converse(pool, errand, limits)) gate.take(message);
  return gate.counts();
}

/** Hides the persons of a table; see {@link HidePointsEvent}. */
export async function* hidePoints(
  pool: WorkerPool,
  { secret, identifier, sample, padding, maxBaseCount, personChunks, digestChunks }: HidePointsJob,
  limits: JobLimits,
): AsyncGenerator<HidePointsEvent, void, undefined> {
  const secretHex = Buffer.from(secret).toString('hex');
  const errand = {
    job: { kind: 'hide-points', secretHex, identifier, sample, padding } as const,
    stream: () => streamTable(0, [personChunks(), digestChunks()]),
  };
  const gate = new BlockGate([{ kind: 'digest' }]);
  const steps = new StepGate();
  const parts: Uint8Array[] = [];
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'progress') {
      const step = steps.take(message);
      yield { kind: 'step', ...step };
      // Told and not made: points for all would fill the memory of their worker, and of whoever they are sent to.
      if (step.total > maxBaseCount * MULTIPLES_COUNT) return;
    } else if (message.kind === 'chunk') {
      const chunk = gate.accept(message.column, message.bytes);
      if (chunk.validity !== null || gate.rowCount > steps.total) fail();
      parts.push(chunk.values as Uint8Array);
    } else if (message.kind === 'done') {
      gate.finish(message.rows);
      if (gate.rowCount !== steps.total) fail();
    } else fail();
  }
  yield { kind: 'points', points: Buffer.concat(parts) };
}

/** Counts the matches of a session; see {@link CountMatchesEvent}. */
export async function* countMatches(
  pool: WorkerPool,
  { secret, raised, own }: CountMatchesJob,
  limits: JobLimits,
): AsyncGenerator<CountMatchesEvent, void, undefined> {
  const errand = {
    job: { kind: 'count-matches', secretHex: Buffer.from(secret).toString('hex') } as const,
    stream: () => streamPoints([raised, own]),
  };
  const gate = new CountGate(1);
  const steps = new StepGate();
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'progress') yield { kind: 'step', ...steps.take(message) };
    else gate.take(message);
  }
  const [count = 0n] = gate.counts();
  // More than there are points would be a lie that no honest worker can tell.
  if (count < 0n || count > BigInt(own.byteLength / DIGEST_BYTES)) fail();
  yield { kind: 'count', count };
}

/** Takes as many whole numbers as were asked for. */
class CountGate {
  readonly #rows: RowGate;
  readonly #count: number;

  constructor(count: number) {
    this.#rows = new RowGate([{ kind: 'integer' }], count);
    this.#count = count;
  }

  take(message: WorkerMessage): void {
    if (message.kind === 'chunk') this.#rows.accept(message.column, message.bytes);
    else if (message.kind === 'done') this.#rows.finish(message.rows);
    else fail();
  }

  counts(): bigint[] {
    const counts = this.#rows.rows.flatMap(([cell]) => (typeof cell === 'bigint' ? [cell] : []));
    if (counts.length !== this.#count) fail();
    return counts;
  }
}

/** Holds a worker to one total and to going forward, so that its steps tell no more than how far it is. */
class StepGate {
  total = 0;
  #done = 0;

  take({ rows, bytes }: Extract<WorkerMessage, { kind: 'progress' }>): MatchStep {
    if (rows > bytes || rows < this.#done || (this.total !== 0 && bytes !== this.total)) fail();
    this.total = bytes;
    this.#done = rows;
    return { done: rows, total: bytes };
  }
}

async function* streamSides(sides: MatchKindsJob['sides']): AsyncGenerator<HostMessage, void, undefined> {
  for (const [table, { personChunks, digestChunks }] of sides.entries()) {
    yield* streamTable(table, [personChunks(), ...digestChunks.map((chunks) => chunks())]);
  }
}

async function* streamTable(
  table: number,
  columns: readonly AsyncIterable<Uint8Array>[],
): AsyncGenerator<HostMessage, void, undefined> {
  for await (const block of zipChunks(columns, 'persons and digests differ in their number of chunks')) {
    for (const [column, bytes] of block.entries()) yield { kind: 'chunk', table, column, bytes };
  }
}

async function* streamPoints(lists: readonly Uint8Array[]): AsyncGenerator<HostMessage, void, undefined> {
  for (const [table, points] of lists.entries()) {
    for (let start = 0; start < points.byteLength; start += MAX_CHUNK_ROWS * DIGEST_BYTES) {
      const values = points.subarray(start, start + MAX_CHUNK_ROWS * DIGEST_BYTES);
      const rowCount = values.byteLength / DIGEST_BYTES;
      const bytes = encodeColumnChunk({ type: { kind: 'digest' }, rowCount, validity: null, values });
      yield { kind: 'chunk', table, column: 0, bytes };
    }
  }
}
