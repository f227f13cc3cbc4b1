import type {
  JudgeRowsJob,
  LinkIdentifiersJob,
  RedactEvent,
  RedactJob,
  SoughtIdentifiers,
  Verdicts,
} from '../rights-jobs.ts';
import type { FileSource, JobLimits } from '../wall.ts';
import { encodeColumnChunk, isTextValues, MAX_CHUNK_ROWS } from '../wire/column-chunk.ts';
import type { IdentifierKind, IngestColumn } from '../wire/jobs.ts';
import type { HostMessage, WorkerMessage } from '../wire/messages.ts';
import { converse } from './conversation.ts';
import { decodeOrFail, fail } from './output-gate.ts';
import { RangeServer } from './range-server.ts';
import { zipChunks } from './table-stream.ts';
import { verdictWords } from './take-rows.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Bytes of a sought identifier, a block of AES. */
const BLOCK_BYTES = 16;
/** Sought identifiers of one chunk: two words each. */
const BLOCKS_PER_CHUNK_COUNT = MAX_CHUNK_ROWS / 2;
/** Most that a redacted original may grow by: a Parquet file becomes text. */
const MAX_GROWTH_RATIO = 200;
/** What may always be written, however small the original. */
const FREE_BYTES = 67_108_864;

/** Tells which rows count, block by block. */
export async function* judgeRows(
  pool: WorkerPool,
  { columns, purpose, regions, day, key, sought }: JudgeRowsJob,
  limits: JobLimits,
): AsyncGenerator<Verdicts, void, undefined> {
  const rowCounts: number[] = [];
  const places = columns.map((c) => ({ role: c.role, kind: c.role === 'identifier' ? c.kind : null }));
  const errand = {
    job: { kind: 'judge-rows', columns: places, purpose, regions, day, keyHex: hexOf(key) } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      yield* soughtChunks(
        sought,
        places.map(({ kind }) => kind),
      );
      const streams = columns.map((c) => c.chunks());
      for await (const block of zipChunks(streams, 'judged columns differ in their number of chunks')) {
        rowCounts.push(decodeOrFail(block[0] as Uint8Array).rowCount);
        for (const [column, bytes] of block.entries()) yield { kind: 'chunk', table: 1, column, bytes };
      }
    },
  };
  let changesOn: number | null = null;
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') {
      if (rowCounts.length > 0) fail();
      yield { kind: 'done', changesOn };
      return;
    }
    if (message.kind !== 'chunk') fail();
    if (message.column === 0) yield verdictsOf(message.bytes, rowCounts.shift());
    else changesOn = dayOf(message);
  }
}

// A bit beyond the last row would keep a row that is not there: of a chunk to come, or of memory.
function verdictsOf(bytes: Uint8Array, rows: number | undefined): Verdicts {
  const { type, rowCount, validity, values } = decodeOrFail(bytes);
  if (rows === undefined || type.kind !== 'integer' || validity !== null || isTextValues(values)) fail();
  if (rowCount !== verdictWords(rows)) fail();
  const last = BigInt.asUintN(64, (values as BigInt64Array)[rowCount - 1] ?? 0n);
  if (rows % 64 !== 0 && last >> BigInt(rows % 64) !== 0n) fail();
  return { kind: 'chunk', rows, bytes };
}

function dayOf({ bytes }: WorkerMessage & { kind: 'chunk' }): number {
  const { type, rowCount, validity, values } = decodeOrFail(bytes);
  if (type.kind !== 'date' || rowCount !== 1 || validity !== null) fail();
  return (values as Int32Array)[0] as number;
}

/** Finds what stands beside the sought identifiers and names nobody else. */
export async function* linkIdentifiers(
  pool: WorkerPool,
  { kinds, parts, key, sought }: LinkIdentifiersJob,
  limits: JobLimits,
): AsyncGenerator<{ kind: IdentifierKind; digests: Uint8Array }, void, undefined> {
  const places = parts.map((columns) => columns.map(({ kind }) => kinds.indexOf(kind)));
  const errand = {
    job: { kind: 'link-identifiers', kinds, parts: places, keyHex: hexOf(key) } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      yield* soughtChunks(sought, kinds);
      for (const pass of [0, 1]) {
        for (const [index, columns] of parts.entries()) {
          const table = 1 + pass * parts.length + index;
          const streams = columns.map((c) => c.chunks());
          for await (const block of zipChunks(streams, 'vault columns differ in their number of chunks')) {
            for (const [at, bytes] of block.entries()) {
              yield { kind: 'chunk', table, column: places[index]?.[at] as number, bytes };
            }
          }
        }
      }
    },
  };
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') return;
    const kind = message.kind === 'chunk' ? kinds[message.column] : undefined;
    if (message.kind !== 'chunk' || kind === undefined) fail();
    const { type, validity, values } = decodeOrFail(message.bytes);
    if (type.kind !== 'digest' || validity !== null) fail();
    yield { kind, digests: values as Uint8Array };
  }
}

/** Copies an original without the rows of sought persons. */
export async function* redact(
  pool: WorkerPool,
  { layout, columns, key, sought }: RedactJob,
  file: FileSource,
  limits: JobLimits,
): AsyncGenerator<RedactEvent, void, undefined> {
  const server = new RangeServer(file);
  const chunks = [...soughtChunks(sought, columns.map(kindOf))];
  const errand = {
    job: {
      kind: 'redact',
      layout,
      columns,
      soughtChunkCount: chunks.length,
      byteCount: file.byteCount,
      keyHex: hexOf(key),
    } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      yield* chunks;
      yield* server.answers();
    },
  };
  const mostBytes = FREE_BYTES + file.byteCount * MAX_GROWTH_RATIO;
  let byteCount = 0;
  try {
    for await (const message of converse(pool, errand, limits)) {
      if (message.kind === 'want') server.want(message);
      else if (message.kind === 'chunk') {
        byteCount += message.bytes.byteLength;
        if (message.column !== 0 || byteCount > mostBytes) fail();
        yield { kind: 'bytes', bytes: message.bytes };
      } else if (message.kind === 'done') yield { kind: 'done', rows: message.rows, refused: message.rejected };
      else fail();
    }
  } finally {
    server.close();
  }
}

function kindOf(column: IngestColumn): IdentifierKind | null {
  return column.identifier ?? null;
}

function* soughtChunks(
  sought: readonly SoughtIdentifiers[],
  places: readonly (IdentifierKind | null)[],
): Generator<HostMessage & { kind: 'chunk' }> {
  for (const { kind, blocks } of sought) {
    const column = places.indexOf(kind);
    if (column < 0) continue;
    for (let from = 0; from < blocks.byteLength; from += BLOCKS_PER_CHUNK_COUNT * BLOCK_BYTES) {
      // A copy: bytes of a pool begin anywhere in it, and words are laid over them.
      const part = Uint8Array.from(blocks.subarray(from, from + BLOCKS_PER_CHUNK_COUNT * BLOCK_BYTES));
      const values = new BigUint64Array(part.buffer, 0, part.byteLength / 8);
      const chunk = { type: { kind: 'person' as const }, rowCount: values.length, validity: null, values };
      yield { kind: 'chunk', table: 0, column, bytes: encodeColumnChunk(chunk) };
    }
  }
}

function hexOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
