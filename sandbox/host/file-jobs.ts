import {
  type IngestEvent,
  type IngestJob,
  type JobLimits,
  type PseudonymiseJob,
  type TokeniseJob,
  WallError,
} from '../wall.ts';
import { encodeColumnChunk, MAX_CHUNK_ROWS } from '../wire/column-chunk.ts';
import type { WireType } from '../wire/column-type.ts';
import type { IngestColumn } from '../wire/jobs.ts';
import type { HostMessage, Reject } from '../wire/messages.ts';
import { FURTHER_REJECTS_COUNT } from '../wire/reasons.ts';
import { converse, type WorkerEnd } from './conversation.ts';
import { BlockGate, decodeOrFail, fail } from './output-gate.ts';
import { zipChunks } from './table-stream.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Bytes of an upload sent at once: large enough to be cheap, small enough that progress moves. */
const UPLOAD_PART_BYTES = 1_048_576;

/** Most bytes one upload may become: twice the longest file, so that an exploited parser cannot fill the store. */
const MAX_INGESTED_BYTES = 68_719_476_736;

/** Above this an exit code of bubblewrap is the signal that ended what it held: no memory, no time, or a crash. */
const KILLED_EXIT_CODE = 128;

const TOKEN = /^[A-Za-z0-9_-]{22}$/;

/** Reads an uploaded file behind the wall; see {@link IngestEvent}. */
export async function* ingest(
  pool: WorkerPool,
  job: IngestJob,
  bytes: AsyncIterable<Uint8Array>,
  limits: JobLimits,
): AsyncGenerator<IngestEvent, void, undefined> {
  const { format, columns, maxRejects } = job;
  const progress = { hasBegun: false };
  const errand = {
    job: { kind: 'ingest', format, columns, maxRejects } as const,
    stream: () => streamUpload(bytes, progress),
    failureOf: (end: WorkerEnd) => (progress.hasBegun ? failureOfUpload(end) : new WallError('RUN_FAILED')),
  };
  const gate = new BlockGate(columns.map(storedType));
  let rejected = 0;
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'chunk') {
      const rows = decodeOrFail(message.bytes).rowCount;
      gate.accept(message.column, message.bytes);
      if (gate.byteCount > MAX_INGESTED_BYTES) fail();
      yield { kind: 'chunk', column: message.column, rows, bytes: message.bytes };
    } else if (message.kind === 'rejects') {
      rejected += message.rejects.length;
      if (
        rejected > maxRejects + FURTHER_REJECTS_COUNT + 1 ||
        message.rejects.some((reject) => !isAboutColumns(reject, columns))
      )
        fail();
      for (const reject of message.rejects) yield { kind: 'reject', ...reject };
    } else if (message.kind === 'progress') yield message;
    else if (message.kind === 'done') {
      gate.finish(message.rows);
      if (message.rejected !== rejected) fail();
      yield message;
    } else fail();
  }
}

/** Turns vault chunks into person chunks, one for one. */
export async function* pseudonymise(
  pool: WorkerPool,
  job: PseudonymiseJob,
  limits: JobLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rowCounts: number[] = [];
  const errand = {
    job: { kind: 'pseudonymise', keyHex: Buffer.from(job.key).toString('hex'), identifier: job.identifier } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      for await (const bytes of job.chunks()) {
        rowCounts.push(decodeOrFail(bytes).rowCount);
        yield { kind: 'chunk', table: 0, column: 0, bytes };
      }
    },
  };
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') {
      if (rowCounts.length > 0) fail();
      return;
    }
    if (message.kind !== 'chunk') fail();
    const chunk = decodeOrFail(message.bytes);
    if (chunk.type.kind !== 'person' || chunk.rowCount !== rowCounts.shift()) fail();
    yield message.bytes;
  }
}

/** Turns the identifiers of selected persons into sorted tokens. */
export async function* tokenise(
  pool: WorkerPool,
  job: TokeniseJob,
  limits: JobLimits,
): AsyncGenerator<string[], void, undefined> {
  const errand = {
    job: { kind: 'tokenise', keyHex: Buffer.from(job.key).toString('hex'), identifier: job.identifier } as const,
    stream: () => streamSelection(job),
  };
  let last = '';
  let count = 0;
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') {
      if (message.rows !== count) fail();
      return;
    }
    if (message.kind !== 'tokens') fail();
    for (const token of message.tokens) {
      if (!TOKEN.test(token) || token <= last) fail();
      last = token;
    }
    count += message.tokens.length;
    // One identifier a person: more tokens than persons would be somebody who was not selected.
    if (count > job.persons.length) fail();
    yield message.tokens;
  }
}

/** What a column of an upload becomes at rest: identifiers are kept as text until the caller has sealed them. */
function storedType(column: IngestColumn): WireType {
  return column.identifier === undefined ? column.type : { kind: 'text' };
}

function isAboutColumns({ line, column }: Reject, columns: readonly IngestColumn[]): boolean {
  return line >= 1 && (column === '' || columns.some(({ name }) => name === column));
}

// Its sender may know that a file was too much for its reader, since nobody else's data is there. A worker that was
// ended from outside, with all of its wall, says nothing about the file.
function failureOfUpload(end: WorkerEnd): WallError {
  const isOfFile = end.kind === 'late' || (end.exitCode ?? 0) > KILLED_EXIT_CODE;
  return isOfFile ? new WallError('INPUT_REFUSED', 'needs-too-much') : new WallError('RUN_FAILED');
}

async function* streamUpload(
  source: AsyncIterable<Uint8Array>,
  progress: { hasBegun: boolean },
): AsyncGenerator<HostMessage, void, undefined> {
  for await (const bytes of source) {
    progress.hasBegun = true;
    for (let start = 0; start < bytes.byteLength; start += UPLOAD_PART_BYTES) {
      yield { kind: 'bytes', bytes: bytes.subarray(start, start + UPLOAD_PART_BYTES) };
    }
  }
}

// Table 0 is the selection, table 1 the persons (column 0) beside their vault (column 1).
async function* streamSelection(job: TokeniseJob): AsyncGenerator<HostMessage, void, undefined> {
  for (let start = 0; start < job.persons.length; start += MAX_CHUNK_ROWS) {
    const values = job.persons.slice(start, start + MAX_CHUNK_ROWS);
    const bytes = encodeColumnChunk({ type: { kind: 'person' }, rowCount: values.length, validity: null, values });
    yield { kind: 'chunk', table: 0, column: 0, bytes };
  }
  const rows = zipChunks([job.personChunks(), job.vaultChunks()], 'persons and vault differ in their number of chunks');
  for await (const [persons, vault] of rows) {
    yield { kind: 'chunk', table: 1, column: 0, bytes: persons as Uint8Array };
    yield { kind: 'chunk', table: 1, column: 1, bytes: vault as Uint8Array };
  }
}
