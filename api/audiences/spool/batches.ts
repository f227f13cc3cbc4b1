import { createHash } from 'node:crypto';
import { MAX_BATCH_BYTES } from '../../destinations/index.ts';
import type { Kitchen } from '../../kitchen/index.ts';
import { listBytes, readList, type Spool } from './spool-lists.ts';

/** Bytes in which a digest counts batches. */
const INDEX_BYTES = 4;

/** One batch of a publication; only a delta has something to remove. */
export interface Batch {
  readonly index: number;
  readonly added: Uint8Array;
  readonly removed: Uint8Array;
}

/** Lists of one publication: all members, or what came and went. */
export interface SpooledPublication extends Spool {
  readonly kind: 'full' | 'delta';
}

const NOTHING = new Uint8Array(0);

/** How many batches a publication has: those that add first, then those that remove. */
export async function countBatches(kitchen: Kitchen, spooled: SpooledPublication): Promise<number> {
  const { adding, removing } = await shapeOf(kitchen, spooled);
  return adding + removing;
}

/** The batches of a publication from one on: the same ones at every attempt. */
export async function* batchesOf(
  kitchen: Kitchen,
  spooled: SpooledPublication,
  fromIndex = 0,
): AsyncGenerator<Batch, void> {
  const { adding } = await shapeOf(kitchen, spooled);
  let index = fromIndex;
  if (index < adding) {
    const list = readList(kitchen, spooled, spooled.kind === 'full' ? 'members' : 'added', index * MAX_BATCH_BYTES);
    for await (const added of inBatches(list)) {
      yield { index, added, removed: NOTHING };
      index += 1;
    }
  }
  if (spooled.kind === 'full') return;
  const list = readList(kitchen, spooled, 'removed', (index - adding) * MAX_BATCH_BYTES);
  for await (const removed of inBatches(list)) {
    yield { index, added: NOTHING, removed };
    index += 1;
  }
}

/** SHA-256 over all batches as the contract has it: index (4 bytes, big endian), added, removed. */
export async function digestOfBatches(kitchen: Kitchen, spooled: SpooledPublication): Promise<Buffer> {
  const hash = createHash('sha256');
  const head = Buffer.alloc(INDEX_BYTES);
  for await (const { index, added, removed } of batchesOf(kitchen, spooled)) {
    head.writeUInt32BE(index);
    hash.update(head).update(added).update(removed);
  }
  return hash.digest();
}

async function shapeOf(kitchen: Kitchen, spooled: SpooledPublication) {
  const countOf = async (name: 'members' | 'added' | 'removed'): Promise<number> => {
    const bytes = await listBytes(kitchen, spooled, name);
    if (bytes === undefined) throw new Error(`the list \`${name}\` of a publication is gone`);
    return Math.ceil(bytes / MAX_BATCH_BYTES);
  };
  if (spooled.kind === 'full') return { adding: await countOf('members'), removing: 0 };
  return { adding: await countOf('added'), removing: await countOf('removed') };
}

// Parts come as they were sealed; what is sent must be cut the same way wherever reading begins.
async function* inBatches(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let byteCount = 0;
  for await (const part of parts) {
    for (let from = 0; from < part.length; ) {
      const some = part.subarray(from, from + MAX_BATCH_BYTES - byteCount);
      waiting.push(some);
      byteCount += some.length;
      from += some.length;
      if (byteCount < MAX_BATCH_BYTES) continue;
      yield joined(waiting);
      waiting = [];
      byteCount = 0;
    }
  }
  if (byteCount > 0) yield joined(waiting);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}
