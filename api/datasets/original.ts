// A file as its owner sent it: sealed segments in order, each on the disk before the store names it. What the store does
// not name was never received.
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileSource } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { originalPlace } from './places.ts';

/** Bytes of a whole segment: what a crash may cost a sender, and what is opened at once to read from the middle. */
const SEGMENT_BYTES = 8 * 1_048_576;

/** The segments of an original, in order: the bytes of each. */
async function readSegments(kitchen: Kitchen, originalId: string): Promise<readonly number[]> {
  const rows = await kitchen.store.db
    .selectFrom('original_segments')
    .select('byte_count')
    .where('original_id', '=', originalId)
    .orderBy('position')
    .execute();
  return rows.map((r) => r.byte_count);
}

/**
 * Receives bytes after what is there, and seals them segment by segment; answers how many there are in all.
 *
 * When the stream breaks off, what has come of the last segment is sealed too, so that nothing that arrived has to be
 * sent again; only a crash of the service itself costs what was not yet a whole segment.
 */
export async function appendToOriginal(
  kitchen: Kitchen,
  originalId: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<number> {
  const segments = await readSegments(kitchen, originalId);
  let position = segments.length;
  let received = segments.reduce((sum, n) => sum + n, 0);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const sealPending = async () => {
    if (pendingBytes === 0) return;
    await sealSegment(kitchen, { originalId, position, parts: pending });
    received += pendingBytes;
    position += 1;
    pending = [];
    pendingBytes = 0;
  };
  try {
    for await (const part of bytes) {
      for (let from = 0; from < part.length; ) {
        const taken = part.subarray(from, from + SEGMENT_BYTES - pendingBytes);
        pending.push(taken);
        pendingBytes += taken.length;
        from += taken.length;
        if (pendingBytes === SEGMENT_BYTES) await sealPending();
      }
    }
  } finally {
    await sealPending();
  }
  return received;
}

async function sealSegment(
  kitchen: Kitchen,
  { originalId, position, parts }: { originalId: string; position: number; parts: readonly Uint8Array[] },
): Promise<void> {
  const file = await kitchen.vault.createFile(originalPlace(kitchen, originalId, position));
  try {
    for (const part of parts) await file.write(part);
    const { byteCount } = await file.finish();
    await kitchen.store.db
      .insertInto('original_segments')
      .values({ original_id: originalId, position, byte_count: byteCount })
      .execute();
  } finally {
    await file.abandon();
  }
}

/** An original as a file that can be read from any place. */
export async function openOriginal(kitchen: Kitchen, originalId: string): Promise<FileSource> {
  const segments = await readSegments(kitchen, originalId);
  const byteCount = segments.reduce((sum, n) => sum + n, 0);
  async function* read(from: number): AsyncGenerator<Uint8Array, void> {
    let start = 0;
    for (const [position, length] of segments.entries()) {
      if (start + length > from) yield* readSegment(kitchen, { originalId, position, skip: Math.max(0, from - start) });
      start += length;
    }
  }
  return { byteCount, read };
}

async function* readSegment(
  kitchen: Kitchen,
  { originalId, position, skip }: { originalId: string; position: number; skip: number },
): AsyncGenerator<Uint8Array, void> {
  const file = await kitchen.vault.openFile(originalPlace(kitchen, originalId, position));
  try {
    let toSkip = skip;
    for await (const bytes of file.chunks()) {
      if (toSkip < bytes.length) yield bytes.subarray(toSkip);
      toSkip = Math.max(0, toSkip - bytes.length);
    }
  } finally {
    await file.close();
  }
}

/**
 * Seals an original under the key of the dataset that it becomes a part of, so that it is gone with that key. Some hundred
 * bytes of each segment are written; done again after a crash, or for another dataset, it does the same.
 */
export async function giveOriginal(kitchen: Kitchen, originalId: string, datasetId: string): Promise<void> {
  for (const position of (await readSegments(kitchen, originalId)).keys()) {
    await kitchen.vault.giveToDataset(originalPlace(kitchen, originalId, position), datasetId);
  }
}

/** Removes an original that nothing names any more. */
export async function removeOriginal(kitchen: Kitchen, originalId: string): Promise<void> {
  await kitchen.store.db.deleteFrom('original_segments').where('original_id', '=', originalId).execute();
  await rm(dirname(originalPlace(kitchen, originalId, 0).path), { recursive: true, force: true });
}
