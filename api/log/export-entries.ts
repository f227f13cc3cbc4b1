import { audit } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { awaitIndex } from './await-index.ts';
import { filterSubject, placesOf, readFilter } from './entry-filter.ts';
import type { EntryIndex } from './entry-index/index.ts';
import { type EntryWriter, jsonLineOf, lineWriter } from './export/entry-writer.ts';
import { ocsfLineOf } from './export/ocsf-event.ts';
import { readFound } from './found-entries.ts';
import { readScope } from './log-scope.ts';

/** Bytes of one message of a file. */
const EXPORT_CHUNK_BYTES = 262_144;

/** How often progress is told while nothing is ready to leave. */
const PROGRESS_EVERY_MS = 1_000;

/** A format of an export, and what writes it. */
interface Format {
  readonly name: string;
  readonly write: (origin: string) => EntryWriter | Promise<EntryWriter>;
}

const FORMATS: ReadonlyMap<audit.ExportFormat, Format> = new Map<audit.ExportFormat, Format>([
  [audit.ExportFormat.JSON_LINES, { name: 'json-lines', write: () => lineWriter(jsonLineOf) }],
  [audit.ExportFormat.PARQUET, { name: 'parquet', write: writeParquet }],
  [
    audit.ExportFormat.OCSF,
    { name: 'ocsf', write: (origin: string) => lineWriter((entry) => ocsfLineOf(entry, { origin })) },
  ],
]);

/**
 * Streams the entries that a caller may see and asks for as a file, no faster than it is taken.
 *
 * `looked_at` counts places of the log, whose size is everybody's to know, up to which the file is complete: the same
 * request from there on goes on without a gap and without a repetition, where the format is one of lines.
 */
export async function* exportEntries(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  request: audit.ExportEntriesRequest,
): AsyncGenerator<audit.ExportEntriesResponse, void> {
  const format = FORMATS.get(request.format);
  if (format === undefined) throw new ServiceError('INVALID_REQUEST', '`format` names no format of an export');
  const read = readFilter(request.filter);
  const { visible, grants } = await readScope(kitchen, index, call, read.collaborationId);
  const treeSize = kitchen.log.treeSize;
  const until = request.untilIndex === 0n ? treeSize : Math.min(Number(request.untilIndex), treeSize);
  const from = Math.min(Number(request.fromIndex), until);
  await awaitIndex(index, until, call);
  const filter = await filterSubject(index, visible, read, call.signal);
  await record(kitchen, {
    kind: 'log-exported',
    call,
    collaboration: read.collaborationId === '' ? null : read.collaborationId,
    subject: {
      format: format.name,
      from,
      until,
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
      ...(grants.length === 0 ? {} : { grants: [...grants] }),
    },
  });
  const places = placesOf(index, read);
  const fromIndex = Math.max(from, places.fromIndex);
  const untilIndex = Math.min(until, places.untilIndex);
  const query = { visible, terms: read.terms, minRho: read.minRho, fromIndex, untilIndex };
  const found = readFound(kitchen.log, index.find(query, call.signal));
  yield* written(found, await format.write(originOf(kitchen)), { from, total: until - from });
}

// Its library is loaded for whoever asks for it: a start waits for every file that is loaded then.
async function writeParquet(): Promise<EntryWriter> {
  const { parquetWriter } = await import('./export/parquet-writer.ts');
  return parquetWriter();
}

async function* written(
  found: ReturnType<typeof readFound>,
  writer: EntryWriter,
  { from, total }: { readonly from: number; readonly total: number },
): AsyncGenerator<audit.ExportEntriesResponse, void> {
  let [lookedAt, count] = [0, 0];
  const progress = () => ({ lookedAt: BigInt(lookedAt), total: BigInt(total), written: BigInt(count) });
  // At once: it says where the file will end, which whoever goes on after a loss must know.
  yield { content: new Uint8Array(), ...progress() };
  let toldAtMs = performance.now();
  for await (const entry of found) {
    const content = writer.add(entry);
    count += 1;
    if (content !== undefined) {
      const before = { ...progress(), written: BigInt(count) };
      lookedAt = entry.leafIndex + 1 - from;
      yield* pieces(content, before, progress());
      toldAtMs = performance.now();
    } else if (performance.now() - toldAtMs > PROGRESS_EVERY_MS) {
      toldAtMs = performance.now();
      yield { content: new Uint8Array(), ...progress() };
    }
  }
  const before = progress();
  const rest = writer.finish();
  lookedAt = total;
  yield* pieces(rest, before, progress());
}

type Progress = Omit<audit.ExportEntriesResponse, 'content'>;

/** Only the last piece says that the file is complete up to a new place. */
function* pieces(content: Uint8Array, before: Progress, after: Progress): Generator<audit.ExportEntriesResponse> {
  for (let from = 0; from + EXPORT_CHUNK_BYTES < content.length; from += EXPORT_CHUNK_BYTES) {
    yield { content: content.subarray(from, from + EXPORT_CHUNK_BYTES), ...before };
  }
  const lastFrom = Math.max(0, Math.ceil(content.length / EXPORT_CHUNK_BYTES) - 1) * EXPORT_CHUNK_BYTES;
  yield { content: content.subarray(lastFrom), ...after };
}

/** The log's name, as its key says it. */
function originOf({ logVerifierKey }: Kitchen): string {
  return logVerifierKey.slice(0, logVerifierKey.indexOf('+'));
}
