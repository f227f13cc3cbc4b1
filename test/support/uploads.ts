import { createHash } from 'node:crypto';
import {
  type FileSource,
  type IngestColumn,
  type IngestFormat,
  type Wall,
  WallError,
  type WireType,
} from '../../sandbox/index.ts';
import { fileOf } from '../../sandbox/testkit/index.ts';

/** How the wall ended an upload: what it made of the file, or why it did not. */
export type UploadEnd =
  | {
      readonly end: 'taken';
      readonly rows: number;
      readonly rejects: readonly { readonly line: number; readonly column: string; readonly reason: string }[];
      /** Of all chunks in their order. */
      readonly digest: string;
    }
  | { readonly end: 'refused'; readonly reason: string }
  /** Whatever an upload must not end as. */
  | { readonly end: 'failed'; readonly what: string };

/** What is sent, and under which bounds. */
export interface SentFile {
  readonly format: IngestFormat;
  readonly columns: readonly IngestColumn[];
  readonly file: Uint8Array | FileSource;
  readonly maxRejects?: number;
  readonly deadlineMs?: number;
}

/** The kinds of columns by their code at the head of a chunk. */
const CHUNK_KINDS: readonly WireType['kind'][] = [
  'boolean',
  'integer',
  'text',
  'date',
  'timestamp',
  'person',
  'decimal',
  'double',
  'digest',
];
const SORT_KEY_BYTES = 32;
const DEADLINE_MS = 60_000;
const REFUSED_MESSAGE = 'the uploaded file is refused';
const ROWS_AT_BYTES = 4;
const KIND_AT_BYTES = 2;

/**
 * Sends a file through a wall, and holds what comes back against what an upload may be: blocks of all columns in their
 * order, of the declared types and equal lengths, counts that add up, and no error but a refusal by a word.
 */
export async function sendFile(wall: Wall, sent: SentFile): Promise<UploadEnd> {
  const { format, columns, file, maxRejects = 1_000, deadlineMs = DEADLINE_MS } = sent;
  const source = file instanceof Uint8Array ? fileOf(file) : file;
  const job = { layout: { format }, columns: [...columns], maxRejects, sortKey: new Uint8Array(SORT_KEY_BYTES) };
  const taking = new Taking(columns);
  try {
    for await (const event of wall.ingest(job, source, { deadlineMs })) {
      if (event.kind === 'chunk') taking.chunk(event.column, event.bytes);
      else if (event.kind === 'reject')
        taking.rejects.push({ line: event.line, column: event.column, reason: event.reason });
      else if (event.kind === 'done') taking.done(event);
    }
    return taking.end();
  } catch (error) {
    if (!(error instanceof WallError)) return { end: 'failed', what: String(error) };
    // One sentence for all: whatever else it said could be of the file.
    const isOurs = error.message === REFUSED_MESSAGE && error.cause === undefined;
    if (error.code !== 'INPUT_REFUSED' || error.reason === undefined || !isOurs)
      return { end: 'failed', what: error.code };
    return { end: 'refused', reason: error.reason };
  }
}

class Taking {
  readonly #columns: readonly IngestColumn[];
  readonly #hash = createHash('sha256');
  readonly rejects: { line: number; column: string; reason: string }[] = [];
  #rows = 0;
  #blockRows = 0;
  #next = 0;
  #isDone = false;

  constructor(columns: readonly IngestColumn[]) {
    this.#columns = columns;
  }

  chunk(column: number, bytes: Uint8Array): void {
    const expected = this.#columns[column];
    const rows = Buffer.from(bytes).readUInt32LE(ROWS_AT_BYTES);
    const kind = CHUNK_KINDS[bytes[KIND_AT_BYTES] as number];
    const isNext = column === this.#next && (column === 0 || rows === this.#blockRows);
    if (!isNext || kind !== expected?.type.kind) {
      throw new Error(`a chunk of column ${column} is out of place`);
    }
    this.#hash.update(bytes);
    this.#blockRows = rows;
    if (column === 0) this.#rows += rows;
    this.#next = (column + 1) % this.#columns.length;
  }

  done({ rows, rejected }: { rows: number; rejected: number }): void {
    if (this.#isDone || rows !== this.#rows || rejected !== this.rejects.length || this.#next !== 0) {
      throw new Error('an upload ends with counts that are not its own');
    }
    this.#isDone = true;
  }

  end(): UploadEnd {
    if (!this.#isDone) return { end: 'failed', what: 'the upload ended without its end' };
    return { end: 'taken', rows: this.#rows, rejects: this.rejects, digest: this.#hash.digest('hex') };
  }
}
