import { type AuditLog, leafHash, type ReadEntry } from '../../audit/index.ts';

/** An entry that was found, with the hash that the tree has of it. */
export interface FoundEntry extends ReadEntry {
  readonly hash: Uint8Array;
}

/** Entries that are found before any is read: neighbours are read in one go. */
const BATCH_ENTRY_COUNT = 256;

/** Entries between two that were found which are read over: to find a place anew costs about as much. */
const MAX_GAP_COUNT = 16;

/** Reads the entries that a search finds, in its order, no further ahead than one batch. */
export async function* readFound(
  log: Pick<AuditLog, 'read'>,
  found: AsyncIterable<number>,
): AsyncGenerator<FoundEntry, void> {
  let batch: number[] = [];
  for await (const leafIndex of found) {
    batch.push(leafIndex);
    if (batch.length < BATCH_ENTRY_COUNT) continue;
    yield* readBatch(log, batch);
    batch = [];
  }
  yield* readBatch(log, batch);
}

async function* readBatch(log: Pick<AuditLog, 'read'>, batch: readonly number[]): AsyncGenerator<FoundEntry, void> {
  for (const run of runsOf(batch)) {
    const [first = 0, last = 0] = [run[0], run.at(-1)];
    const wanted = new Set(run);
    for await (const entry of log.read(first, last - first + 1)) {
      if (wanted.has(entry.leafIndex)) yield { ...entry, hash: leafHash(entry.leaf) };
    }
  }
}

function runsOf(batch: readonly number[]): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (const leafIndex of batch) {
    const run = runs.at(-1);
    if (run !== undefined && leafIndex - (run.at(-1) ?? 0) <= MAX_GAP_COUNT) run.push(leafIndex);
    else runs.push([leafIndex]);
  }
  return runs;
}
