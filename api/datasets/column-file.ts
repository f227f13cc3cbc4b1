import type { Kitchen } from '../kitchen/index.ts';
import type { SealedPlace, SealedWriter } from '../vault/index.ts';

// A column at rest is one sealed file of encoded chunks, each after its length. Only the columns that a plan names are
// ever opened, so that a job cannot be given more than it may see.

const LENGTH_BYTES = 4;
/** Largest encoded chunk; the codec of the wall holds the same line. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/** Adds one encoded chunk to a column's file. */
export async function writeColumnChunk(file: SealedWriter, chunk: Uint8Array): Promise<void> {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(chunk.length);
  await file.write(length);
  await file.write(chunk);
}

/** Reads a column's encoded chunks, each checked against its seal before it is handed out. */
export async function* readColumnChunks(kitchen: Kitchen, place: SealedPlace): AsyncGenerator<Uint8Array, void> {
  const file = await kitchen.vault.openFile(place);
  try {
    let pending: Buffer = Buffer.alloc(0);
    for await (const bytes of file.chunks()) {
      pending = pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([pending, bytes]);
      for (let length = lengthAt(pending); length !== null; length = lengthAt(pending)) {
        // A copy: the codec lays typed arrays over the bytes, which must begin at a multiple of eight.
        yield new Uint8Array(pending.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
        pending = pending.subarray(LENGTH_BYTES + length);
      }
    }
    if (pending.length > 0) throw new Error(`column file \`${place.fileId}\` ends within a chunk`);
  } finally {
    await file.close();
  }
}

/** The length of the chunk at the front, when all of it is there. */
function lengthAt(pending: Buffer): number | null {
  if (pending.length < LENGTH_BYTES) return null;
  const length = pending.readUInt32LE(0);
  if (length > MAX_CHUNK_BYTES) throw new Error('a column chunk is longer than any that is written');
  return pending.length >= LENGTH_BYTES + length ? length : null;
}
