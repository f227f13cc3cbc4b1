import type { JobLimits } from '../wall.ts';
import type {
  AssignJob,
  Blur,
  NamedRows,
  PseudonymiseJob,
  ResolvedSpine,
  ResolveJob,
  TokeniseJob,
} from '../wall-identity.ts';
import { encodeColumnChunk, MAX_CHUNK_ROWS } from '../wire/column-chunk.ts';
import { type BlurSpec, PART_GROUPS_COUNT } from '../wire/jobs.ts';
import type { HostMessage } from '../wire/messages.ts';
import { converse } from './conversation.ts';
import { decodeOrFail, fail } from './output-gate.ts';
import { keepRange } from './person-range.ts';
import { zipChunks } from './table-stream.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Bytes of a token. */
const TOKEN_BYTES = 16;

/** Coins are compared with their lines in so many steps. */
const COIN_STEPS_COUNT = 4_294_967_296;

/**
 * Most tokens of one selected person: as many identifiers as one may have linked, for each of as many persons as a
 * household may hold. More would be somebody who was not selected.
 */
const MAX_TOKENS_PER_PERSON_COUNT = 272;

const NAMED_ROWS = ['nodes', 'links', 'singles'] as const;

/** What a file of links has in front of each chunk. */
const HEAD_ROWS = 1;

/** Names the rows of a part by nodes, one chunk for each block, and tells what stood together on them. */
export async function* pseudonymise(
  pool: WorkerPool,
  job: PseudonymiseJob,
  limits: JobLimits,
): AsyncGenerator<NamedRows, void, undefined> {
  const rowCounts: number[] = [];
  let identifiers = 0;
  let links = 0;
  const errand = {
    job: {
      kind: 'pseudonymise',
      columns: job.columns.map(({ key, rank }) => ({ keyHex: Buffer.from(key).toString('hex'), rank })),
    } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      const columns = job.columns.map(({ chunks }) => chunks());
      for await (const block of zipChunks(columns, 'identifier columns differ in their number of chunks')) {
        const rowCount = decodeOrFail(block[0] as Uint8Array).rowCount;
        rowCounts.push(rowCount);
        identifiers += rowCount * block.length;
        for (const [column, bytes] of block.entries()) yield { kind: 'chunk', table: 0, column, bytes };
      }
    },
  };
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') {
      if (rowCounts.length > 0) fail();
      return;
    }
    const kind = message.kind === 'chunk' ? NAMED_ROWS[message.column] : undefined;
    if (message.kind !== 'chunk' || kind === undefined) fail();
    const chunk = decodeOrFail(message.bytes);
    if (chunk.type.kind !== 'person') fail();
    if (kind === 'nodes') {
      if (chunk.rowCount !== rowCounts.shift()) fail();
    } else {
      links += expectLinks(chunk, { isPaired: kind === 'links', columnCount: job.columns.length });
      // A row is told of once for each other identifier on it: more would be made up.
      if (links > identifiers) fail();
    }
    yield { kind, bytes: message.bytes };
  }
}

function expectLinks(
  { rowCount, validity, values }: ReturnType<typeof decodeOrFail>,
  { isPaired, columnCount }: { isPaired: boolean; columnCount: number },
): number {
  const head = Number((values as BigUint64Array)[0] ?? 0n);
  const [top, other] = [head % 256, Math.floor(head / 256)];
  const count = (rowCount - HEAD_ROWS) / (isPaired ? 2 : 1);
  const isPlaced = isPaired ? top !== other : other === 0;
  if (validity !== null || count < 1 || !Number.isInteger(count)) fail();
  if (top >= columnCount || other >= columnCount || !isPlaced) fail();
  return count;
}

/** Decides who is one person; see {@link ResolvedSpine}. */
export async function* resolve(
  pool: WorkerPool,
  job: ResolveJob,
  limits: JobLimits,
): AsyncGenerator<ResolvedSpine, void, undefined> {
  const inputs = job.inputs.map(({ kind, member, part, ranks }) => ({ kind, member, part, ranks }));
  const aloneKeysHex = job.aloneKeys.map((key) => Buffer.from(key).toString('hex'));
  const { unit, isCounting } = job;
  let numbers = 0;
  const errand = {
    job: { kind: 'resolve', unit, aloneKeysHex, inputs, isCounting } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      for (const [table, input] of job.inputs.entries()) {
        for await (const bytes of input.chunks()) {
          numbers += decodeOrFail(bytes).rowCount;
          yield { kind: 'chunk', table, column: 0, bytes };
        }
      }
    },
  };
  let entries = 0;
  let isResolved = false;
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'chunk' && !isResolved) {
      entries += expectEntries(message.bytes);
      if (message.column >= aloneKeysHex.length || entries > numbers) fail();
      yield { kind: 'entries', member: message.column, bytes: message.bytes };
    } else if (message.kind === 'resolved' && !isResolved) {
      const { changedGroups, counts } = message;
      if (counts.length !== aloneKeysHex.length) fail();
      isResolved = true;
      const isChanged = (part: number) => ((changedGroups >>> (part % PART_GROUPS_COUNT)) & 1) === 1;
      yield { kind: 'resolved', isChanged, counts };
    } else if (message.kind === 'done' && isResolved) {
      if (message.rows !== entries) fail();
      return;
    } else fail();
  }
}

function expectEntries(bytes: Uint8Array): number {
  const { type, validity, rowCount } = decodeOrFail(bytes);
  if (type.kind !== 'person' || validity !== null || rowCount % 2 !== 0) fail();
  return rowCount / 2;
}

/** Turns chunks of nodes into chunks of persons, one for one. */
export async function* assign(
  pool: WorkerPool,
  job: AssignJob,
  limits: JobLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const blocks: { rowCount: number; gaps: string }[] = [];
  const errand = {
    job: { kind: 'assign' } as const,
    stream: async function* (): AsyncGenerator<HostMessage> {
      for await (const bytes of job.entries()) yield { kind: 'chunk', table: 0, column: 0, bytes };
      for await (const bytes of job.nodes()) {
        blocks.push(outlineOf(bytes));
        yield { kind: 'chunk', table: 1, column: 0, bytes };
      }
    },
  };
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') {
      if (blocks.length > 0) fail();
      return;
    }
    if (message.kind !== 'chunk') fail();
    const [sent, got] = [blocks.shift(), outlineOf(message.bytes)];
    if (got.rowCount !== sent?.rowCount || got.gaps !== sent.gaps) fail();
    yield message.bytes;
  }
}

function outlineOf(bytes: Uint8Array): { rowCount: number; gaps: string } {
  const { type, rowCount, validity } = decodeOrFail(bytes);
  if (type.kind !== 'person') fail();
  return { rowCount, gaps: validity === null ? '' : Buffer.from(validity).toString('latin1') };
}

/** Turns the identifiers of selected persons into sorted tokens. */
export async function* tokenise(
  pool: WorkerPool,
  job: TokeniseJob,
  limits: JobLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { key, identifier, blur } = job;
  const sent = { rows: 0 };
  const keyHex = Buffer.from(key).toString('hex');
  const errand = {
    job: { kind: 'tokenise', keyHex, identifier, blur: blur === undefined ? null : blurSpecOf(blur) } as const,
    stream: () => streamSelection(job, sent),
  };
  let last: Uint8Array | null = null;
  let count = 0;
  for await (const message of converse(pool, errand, limits)) {
    if (message.kind === 'done') {
      if (message.rows !== count) fail();
      return;
    }
    if (message.kind !== 'tokens') fail();
    const { bytes } = message;
    if (bytes.length === 0 || bytes.length % TOKEN_BYTES !== 0) fail();
    for (let at = 0; at < bytes.length; at += TOKEN_BYTES) {
      const token = bytes.subarray(at, at + TOKEN_BYTES);
      if (last !== null && Buffer.compare(last, token) >= 0) fail();
      last = token;
    }
    count += bytes.length / TOKEN_BYTES;
    // Blurred, anybody with a row may be among them; otherwise nobody but who was selected.
    const most = blur === undefined ? job.persons.length * MAX_TOKENS_PER_PERSON_COUNT : sent.rows;
    if (count > most) fail();
    yield bytes;
  }
}

function blurSpecOf({ key, dropProbability, addProbability }: Blur): BlurSpec {
  const lineOf = (probability: number): number => Math.round(probability * COIN_STEPS_COUNT);
  return {
    keyHex: Buffer.from(key).toString('hex'),
    dropBelow: lineOf(dropProbability),
    addBelow: lineOf(addProbability),
  };
}

// Table 0 is the selection, table 1 the persons (column 0) beside their vault (column 1).
async function* streamSelection(
  job: TokeniseJob,
  sent: { rows: number },
): AsyncGenerator<HostMessage, void, undefined> {
  for (let start = 0; start < job.persons.length; start += MAX_CHUNK_ROWS) {
    const values = job.persons.slice(start, start + MAX_CHUNK_ROWS);
    const bytes = encodeColumnChunk({ type: { kind: 'person' }, rowCount: values.length, validity: null, values });
    yield { kind: 'chunk', table: 0, column: 0, bytes };
  }
  const rows = zipChunks([job.personChunks(), job.vaultChunks()], 'persons and vault differ in their number of chunks');
  for await (const block of rows) {
    const kept = job.range === undefined ? block : keepRange(block, 0, job.range);
    if (kept === null) continue;
    const [persons, vault] = kept as [Uint8Array, Uint8Array];
    sent.rows += decodeOrFail(persons).rowCount;
    yield { kind: 'chunk', table: 1, column: 0, bytes: persons };
    yield { kind: 'chunk', table: 1, column: 1, bytes: vault };
  }
}
