import { RecordBlocks } from './record-blocks.ts';
import { RecordCursor } from './record-cursor.ts';

/** Takes a block of records. */
export type BlockSink = (block: Uint8Array) => Promise<void>;

/** How many records came and went. */
export interface DifferenceCounts {
  readonly addedCount: number;
  readonly removedCount: number;
}

/**
 * Compares two sorted lists, each record of which occurs once: hands out what is only in the later and what is only in the
 * earlier, both sorted.
 *
 * Memory: a block of each list and one of each part, however long they are.
 */
export async function splitDifference(
  { before, after }: { readonly before: AsyncIterable<Uint8Array>; readonly after: AsyncIterable<Uint8Array> },
  recordBytes: number,
  sinks: { readonly added: BlockSink; readonly removed: BlockSink },
): Promise<DifferenceCounts> {
  const older = await RecordCursor.open(before, recordBytes);
  const newer = await RecordCursor.open(after, recordBytes);
  const added = new Part(recordBytes, sinks.added);
  const removed = new Part(recordBytes, sinks.removed);
  try {
    while (older.key !== Number.POSITIVE_INFINITY || newer.key !== Number.POSITIVE_INFINITY) {
      const order = older.compare(newer);
      if (order < 0) {
        if (removed.take(older)) await removed.flush();
      } else if (order > 0) {
        if (added.take(newer)) await added.flush();
      }
      if (order <= 0 && !older.step()) await older.refill();
      if (order >= 0 && !newer.step()) await newer.refill();
    }
    await added.flush();
    await removed.flush();
    return { addedCount: added.count, removedCount: removed.count };
  } finally {
    await Promise.all([older.close(), newer.close()]);
  }
}

class Part {
  readonly #blocks: RecordBlocks;
  readonly #sink: BlockSink;
  count = 0;

  constructor(recordBytes: number, sink: BlockSink) {
    this.#blocks = new RecordBlocks(recordBytes);
    this.#sink = sink;
  }

  /** Takes the record of a cursor; true when the block is full. */
  take(cursor: RecordCursor): boolean {
    this.#blocks.put(cursor.block, cursor.at);
    this.count += 1;
    return this.#blocks.isFull;
  }

  async flush(): Promise<void> {
    const block = this.#blocks.take();
    if (block.length > 0) await this.#sink(block);
  }
}
