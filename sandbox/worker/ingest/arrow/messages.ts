import { MAX_BATCH_BYTES, MAX_METADATA_BYTES } from '../limits.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import type { ByteSource } from './byte-source.ts';
import { FlatTable } from './flat-table.ts';

/** One message of a stream or a file. */
export interface ArrowMessage {
  kind: 'schema' | 'dictionary' | 'batch';
  header: FlatTable;
  /** Takes its body; one that is not taken is passed over. */
  body: () => Promise<Uint8Array>;
}

/** A message as its metadata tells it. */
export interface MessageHead {
  kind: ArrowMessage['kind'];
  header: FlatTable;
  bodyBytes: number;
}

/** What stands before the metadata of a message: a mark, and how many bytes of it there are. */
export const PREFIX_BYTES = 8;

const CONTINUATION = 0xffff_ffff;
const KINDS: Readonly<Record<number, ArrowMessage['kind']>> = { 1: 'schema', 2: 'dictionary', 3: 'batch' };

/**
 * Reads the messages of an Arrow IPC stream.
 *
 * An end without the end mark is a stream that was cut off: where the cut falls between two batches nothing else tells.
 *
 * Source: apache/arrow, docs/source/format/Columnar.rst ("Serialization and Interprocess Communication").
 *
 * @throws {RefusedInput} when the bytes are not such a stream, or end before their mark
 */
export async function* readStream(
  first: Uint8Array,
  source: ByteSource,
): AsyncGenerator<ArrowMessage, void, undefined> {
  if (metadataBytesOf(first) === null) throw new RefusedInput('not-this-format');
  for (let prefix = first; ; prefix = await source.take(PREFIX_BYTES)) {
    const metadataBytes = metadataBytesOf(prefix) ?? refuseUnreadable();
    if (metadataBytes === 0) break;
    const { kind, header, bodyBytes } = readHead(await source.take(metadataBytes));
    let isTaken = false;
    const body = (): Promise<Uint8Array> => {
      isTaken = true;
      return source.take(bodyBytes);
    };
    yield { kind, header, body };
    if (!isTaken) await source.skip(bodyBytes);
  }
  if (await source.hasMore()) refuseUnreadable();
}

/**
 * Reads how long the metadata after a prefix is, 0 for the end mark; null when it is no prefix.
 *
 * @throws {RefusedInput} when it is longer than may be
 */
export function metadataBytesOf(prefix: Uint8Array): number | null {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (view.getUint32(0, true) !== CONTINUATION) return null;
  const metadataBytes = view.getUint32(4, true);
  if (metadataBytes > MAX_METADATA_BYTES) throw new RefusedInput('part-too-large');
  return metadataBytes;
}

/**
 * Reads the metadata of a message.
 *
 * @throws {RefusedInput} when it is of another kind, or its body longer than may be
 */
export function readHead(metadata: Uint8Array): MessageHead {
  const message = FlatTable.root(metadata);
  const kind = KINDS[message.int(1, 1)];
  const header = message.table(2);
  const bodyBytes = message.count(3);
  // Tensors and what may come later.
  if (kind === undefined) throw new RefusedInput('not-supported');
  if (header === null) return refuseUnreadable();
  if (bodyBytes > MAX_BATCH_BYTES) throw new RefusedInput('part-too-large');
  return { kind, header, bodyBytes };
}
