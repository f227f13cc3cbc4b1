import { RecordBlocks } from './record-blocks.ts';
import { RecordCursor } from './record-cursor.ts';

/**
 * Merges sorted lists into one, each record once.
 *
 * Memory: a block of each list and one of the result, however long they are.
 */
export async function* mergeSorted(
  lists: readonly AsyncIterable<Uint8Array>[],
  recordBytes: number,
): AsyncGenerator<Uint8Array, void> {
  const cursors = await Promise.all(lists.map((list) => RecordCursor.open(list, recordBytes)));
  const merged = new RecordBlocks(recordBytes);
  let previous: { readonly block: Buffer; readonly at: number } | null = null;
  try {
    for (;;) {
      const first = firstOf(cursors);
      if (first === null) break;
      // The block of the previous record may have been taken: it is compared where it came from.
      const isKnown = previous !== null && isSame(previous, first, recordBytes);
      if (!isKnown) {
        merged.put(first.block, first.at);
        previous = { block: first.block, at: first.at };
      }
      if (!first.step()) await first.refill();
      if (merged.isFull) yield merged.take();
    }
    yield merged.take();
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

function firstOf(cursors: readonly RecordCursor[]): RecordCursor | null {
  let first: RecordCursor | null = null;
  for (const cursor of cursors) {
    if (cursor.key === Number.POSITIVE_INFINITY) continue;
    if (first === null || cursor.compare(first) < 0) first = cursor;
  }
  return first;
}

function isSame(
  before: { readonly block: Buffer; readonly at: number },
  now: RecordCursor,
  recordBytes: number,
): boolean {
  return before.block.compare(now.block, now.at, now.at + recordBytes, before.at, before.at + recordBytes) === 0;
}
