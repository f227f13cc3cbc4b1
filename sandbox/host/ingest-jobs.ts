import { type FileSource, type IngestEvent, type IngestJob, type JobLimits, WallError } from '../wall.ts';
import type { IngestColumn } from '../wire/jobs.ts';
import type { Reject } from '../wire/messages.ts';
import { FURTHER_REJECTS_COUNT } from '../wire/reasons.ts';
import { converse, type WorkerEnd } from './conversation.ts';
import { BlockGate, decodeOrFail, fail } from './output-gate.ts';
import { RangeServer } from './range-server.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Most bytes one upload may become: twice the longest file, so that an exploited parser cannot fill the store. */
const MAX_INGESTED_BYTES = 68_719_476_736;

/** Above this an exit code of bubblewrap is the signal that ended what it held: no memory, no time, or a crash. */
const KILLED_EXIT_CODE = 128;

/** Reads an uploaded file behind the wall; see {@link IngestEvent}. */
export async function* ingest(
  pool: WorkerPool,
  { layout, columns, maxRejects, sortKey }: IngestJob,
  file: FileSource,
  limits: JobLimits,
): AsyncGenerator<IngestEvent, void, undefined> {
  const sortKeyHex = Buffer.from(sortKey).toString('hex');
  const server = new RangeServer(file);
  const errand = {
    job: { kind: 'ingest', layout, columns, maxRejects, byteCount: file.byteCount, sortKeyHex } as const,
    stream: () => server.answers(),
    failureOf: (end: WorkerEnd) => (server.hasBegun ? failureOfUpload(end) : new WallError('RUN_FAILED')),
  };
  const gate = new BlockGate(columns.map(({ type }) => type));
  let rejected = 0;
  try {
    for await (const message of converse(pool, errand, limits)) {
      if (message.kind === 'want') server.want(message);
      else if (message.kind === 'chunk') {
        const rows = decodeOrFail(message.bytes).rowCount;
        gate.accept(message.column, message.bytes);
        if (gate.byteCount > MAX_INGESTED_BYTES) fail();
        yield { kind: 'chunk', column: message.column, rows, bytes: message.bytes };
      } else if (message.kind === 'rejects') {
        rejected += message.rejects.length;
        if (rejected > maxRejects + FURTHER_REJECTS_COUNT + 1) fail();
        if (message.rejects.some((reject) => !isAboutColumns(reject, columns))) fail();
        for (const reject of message.rejects) yield { kind: 'reject', ...reject };
      } else if (message.kind === 'progress') yield message;
      else if (message.kind === 'done') {
        gate.finish(message.rows);
        if (message.rejected !== rejected) fail();
        yield message;
      } else fail();
    }
  } finally {
    server.close();
  }
}

function isAboutColumns({ line, column }: Reject, columns: readonly IngestColumn[]): boolean {
  return line >= 1 && (column === '' || columns.some(({ name }) => name === column));
}

/**
 * Says why an upload's worker ended without an answer. Its sender may know that a file was too much for its reader,
 * since nobody else's data is there. A worker that was ended from outside, with all of its wall, says nothing about the
 * file.
 */
export function failureOfUpload(end: WorkerEnd): WallError {
  const isOfFile = end.kind === 'late' || (end.exitCode ?? 0) > KILLED_EXIT_CODE;
  return isOfFile ? new WallError('INPUT_REFUSED', 'needs-too-much') : new WallError('RUN_FAILED');
}
