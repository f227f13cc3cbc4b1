// Everything that may pass the wall, as two closed unions: host → worker and worker → host. Small messages are
// JSON, large ones bytes. The host reads worker messages as hostile: each is checked field by field here and each
// value again by host/output-gate.ts.

import { MAX_CHUNK_BYTES } from './column-chunk.ts';
import { WIRE_KINDS, type WireType } from './column-type.ts';
import { encodeFrameHeader, type Frame, FrameError } from './frames.ts';
import type { FileDescription } from './inspection.ts';
import type { JobSpec, RankCounts, SpineCounts } from './jobs.ts';
import { count, list, oneOf, record, text } from './message-parts.ts';
import { readDescription } from './read-description.ts';
import {
  FAILURE_CODES,
  type FailureCode,
  INPUT_REFUSALS,
  type InputRefusal,
  PARSE_REFUSALS,
  type ParseRefusal,
  REJECT_REASONS,
  type RejectReason,
} from './reasons.ts';
import { SCORING_FAULTS, type ScoringFault } from './scoring.ts';

/**
 * Everything the host may say: one job, the code of its functions, the texts of its dictionaries, its chunks, shard by
 * shard where there are shards, or the bytes of its file that the worker wants, then the end.
 */
export type HostMessage =
  | { kind: 'job'; job: JobSpec }
  | { kind: 'chunk'; table: number; column: number; bytes: Uint8Array }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'words'; dictionary: number; bytes: Uint8Array }
  | { kind: 'shard' }
  | { kind: 'end' };

/** A row that was left out of an upload: where and why, never what. */
export interface Reject {
  line: number;
  column: string;
  reason: RejectReason;
}

/** A column of a composed table, as the engine named it. */
export interface NamedKind {
  name: string;
  kind: WireType['kind'];
}

/** A part of a file that a worker wants to have next; `to` is not of it. The bytes follow in the order of the wants. */
export interface FileRange {
  from: number;
  to: number;
}

/** Everything a worker may say. */
export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'tree'; text: string }
  | { kind: 'unparsed'; reason: ParseRefusal; position: number | null }
  | { kind: 'checked'; faults: ScoringFault[] }
  | { kind: 'columns'; columns: NamedKind[] }
  | ({ kind: 'want' } & FileRange)
  | { kind: 'chunk'; column: number; bytes: Uint8Array }
  | { kind: 'rejects'; rejects: Reject[] }
  | { kind: 'progress'; rows: number; bytes: number }
  | { kind: 'tokens'; bytes: Uint8Array }
  | { kind: 'resolved'; changedGroups: number; counts: SpineCounts[] }
  | { kind: 'part'; rows: number }
  /** A query's worker says beside it what it took at most. */
  | { kind: 'done'; rows: number; rejected: number; peakBytes?: number }
  | { kind: 'described'; description: FileDescription }
  | { kind: 'failed'; code: FailureCode; reason: InputRefusal | null };

/** Most bytes of a JSON message either way; a job with all its column names is far below. */
export const MAX_MESSAGE_BYTES = 4_194_304;

/** Most bytes of a syntax tree: 64 KiB of ordinary SQL make about 2 MiB, only bombs make more. */
export const MAX_TREE_BYTES = 8_388_608;

/** Most bytes a worker may want at once: a sealed segment of an upload, which the host opens as a whole. */
export const MAX_WANTED_BYTES = 8_388_608;

/** Most wants that may wait for their bytes: the read-ahead of a few readers, and nothing a host would have to store. */
export const MAX_WAITING_WANTS_COUNT = 16;

/** Table and column, 16 bits each. */
const CHUNK_PREFIX_BYTES = 4;
const HOST_KINDS = ['job', 'chunk', 'bytes', 'end', 'words', 'shard'] as const;
const WORKER_KINDS = [
  'ready',
  'tree',
  'unparsed',
  'columns',
  'chunk',
  'rejects',
  'progress',
  'tokens',
  'done',
  'failed',
  'checked',
  'resolved',
  'want',
  'described',
  'part',
] as const;

/** Gives the cap of a frame from the host, by its type byte. */
export function maxHostFrameBytes(type: number): number | undefined {
  const kind = HOST_KINDS[type];
  if (kind === undefined) return undefined;
  return kind === 'chunk' || kind === 'bytes' || kind === 'words'
    ? MAX_CHUNK_BYTES + CHUNK_PREFIX_BYTES
    : MAX_MESSAGE_BYTES;
}

/** Gives the cap of a frame from a worker, by its type byte. */
export function maxWorkerFrameBytes(type: number): number | undefined {
  const kind = WORKER_KINDS[type];
  if (kind === undefined) return undefined;
  if (kind === 'chunk') return MAX_CHUNK_BYTES + CHUNK_PREFIX_BYTES;
  return kind === 'tree' ? MAX_TREE_BYTES : MAX_MESSAGE_BYTES;
}

/** Turns a message of the host into a frame, in parts to be written one after the other: large ones are not copied. */
export function encodeHostMessage(message: HostMessage): Uint8Array[] {
  const type = HOST_KINDS.indexOf(message.kind);
  const parts = payloadOf(message);
  const payloadBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return [encodeFrameHeader(type, payloadBytes), ...parts];
}

function payloadOf(message: HostMessage): Uint8Array[] {
  switch (message.kind) {
    case 'chunk':
      return [chunkPrefix(message.table, message.column), message.bytes];
    case 'words':
      return [chunkPrefix(0, message.dictionary), message.bytes];
    case 'bytes':
      return [message.bytes];
    case 'job':
      return [Buffer.from(JSON.stringify(message.job))];
    case 'shard':
    case 'end':
      return [];
  }
}

/** Reads a message of the host; the worker trusts its host, whose frames it only takes apart. */
export function decodeHostMessage({ type, payload }: Frame): HostMessage {
  const kind = HOST_KINDS[type];
  switch (kind) {
    case 'chunk':
      return { kind, ...splitPrefix(payload) };
    case 'words': {
      const { column, bytes } = splitPrefix(payload);
      return { kind, dictionary: column, bytes };
    }
    case 'bytes':
      return { kind, bytes: payload };
    case 'job':
      return { kind, job: parseJson(payload) as JobSpec };
    case 'shard':
    case 'end':
      return { kind };
    default:
      throw new FrameError('a frame has an unknown type');
  }
}

/** Turns a message of a worker into a frame. */
export function encodeWorkerMessage(message: WorkerMessage): Frame {
  const type = WORKER_KINDS.indexOf(message.kind);
  if (message.kind === 'chunk') {
    return { type, payload: Buffer.concat([chunkPrefix(0, message.column), message.bytes]) };
  }
  if (message.kind === 'tree') return { type, payload: Buffer.from(message.text) };
  if (message.kind === 'tokens') return { type, payload: message.bytes };
  const { kind: _, ...fields } = message;
  return { type, payload: Buffer.from(JSON.stringify(fields)) };
}

/**
 * Reads a message of a worker, which may be hostile.
 *
 * @throws {FrameError} when it is not exactly one of the union: unknown kind, missing or mistyped field, open-ended
 * code
 */
export function decodeWorkerMessage({ type, payload }: Frame): WorkerMessage {
  const kind = WORKER_KINDS[type];
  if (kind === undefined) throw new FrameError('a frame has an unknown type');
  if (kind === 'chunk') {
    const { column, bytes } = splitPrefix(payload);
    return { kind, column, bytes };
  }
  if (kind === 'tree') return { kind, text: decodeText(payload) };
  if (kind === 'tokens') return { kind, bytes: payload };
  const fields = parseJson(payload);
  if (typeof fields !== 'object' || fields === null) throw new FrameError('a message is not an object');
  return checkFields(kind, fields as Record<string, unknown>);
}

function checkFields(
  kind: Exclude<WorkerMessage['kind'], 'chunk' | 'tree' | 'tokens'>,
  fields: Record<string, unknown>,
): WorkerMessage {
  switch (kind) {
    case 'ready':
      return { kind };
    case 'unparsed':
      return {
        kind,
        reason: oneOf(PARSE_REFUSALS, fields.reason),
        position: fields.position === null ? null : count(fields.position),
      };
    case 'checked':
      return { kind, faults: list(fields.faults, scoringFault) };
    case 'columns':
      return { kind, columns: list(fields.columns, namedKind) };
    case 'described':
      return { kind, description: readDescription(fields.description) };
    case 'want':
      return { kind, from: count(fields.from), to: count(fields.to) };
    case 'rejects':
      return { kind, rejects: list(fields.rejects, reject) };
    case 'progress':
      return { kind, rows: count(fields.rows), bytes: count(fields.bytes) };
    case 'resolved':
      return { kind, changedGroups: count(fields.changedGroups), counts: list(fields.counts, spineCounts) };
    case 'part':
      return { kind, rows: count(fields.rows) };
    case 'done':
      return {
        kind,
        rows: count(fields.rows),
        rejected: count(fields.rejected),
        ...(fields.peakBytes === undefined ? {} : { peakBytes: count(fields.peakBytes) }),
      };
    case 'failed':
      return {
        kind,
        code: oneOf(FAILURE_CODES, fields.code),
        reason: fields.reason === null ? null : oneOf(INPUT_REFUSALS, fields.reason),
      };
  }
}

function namedKind(value: unknown): NamedKind {
  const { name, kind } = record(value);
  return { name: text(name), kind: oneOf(WIRE_KINDS, kind) };
}

function scoringFault(value: unknown): ScoringFault {
  const { rule, line, column, subject } = record(value);
  return {
    rule: oneOf(SCORING_FAULTS, rule),
    line: line === null ? null : count(line),
    column: column === null ? null : count(column),
    subject: text(subject),
  };
}

function reject(value: unknown): Reject {
  const { line, column, reason } = record(value);
  return { line: count(line), column: text(column), reason: oneOf(REJECT_REASONS, reason) };
}

function spineCounts(value: unknown): SpineCounts {
  const { identifiers, clusters, attached, shared, crowded, ranks } = record(value);
  return {
    identifiers: count(identifiers),
    clusters: count(clusters),
    attached: count(attached),
    shared: count(shared),
    crowded: count(crowded),
    ranks: list(ranks, rankCounts),
  };
}

function rankCounts(value: unknown): RankCounts {
  const { rank, identifiers, attached, shared } = record(value);
  return { rank: count(rank), identifiers: count(identifiers), attached: count(attached), shared: count(shared) };
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(payload));
  } catch {
    throw new FrameError('a message is not json');
  }
}

function decodeText(payload: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw new FrameError('a message is not utf-8');
  }
}

function chunkPrefix(table: number, column: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(table, column).buffer);
}

function splitPrefix(payload: Uint8Array): { table: number; column: number; bytes: Uint8Array } {
  if (payload.byteLength < CHUNK_PREFIX_BYTES) throw new FrameError('a chunk message is cut short');
  const view = new DataView(payload.buffer, payload.byteOffset);
  return {
    table: view.getUint16(0, true),
    column: view.getUint16(2, true),
    bytes: payload.subarray(CHUNK_PREFIX_BYTES),
  };
}
