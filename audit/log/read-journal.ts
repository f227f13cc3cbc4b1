import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localDisk } from '../disk/index.ts';
import { JOURNAL_FILE } from './journal.ts';
import { decodeHeader, JOURNAL_HEADER_BYTES, type JournalStart } from './journal-header.ts';
import { readFrames } from './read-frames.ts';

/** What a journal holds, as it lies there. */
export interface ReadJournal {
  /** Undefined when it does not begin as a journal. */
  readonly start: JournalStart | undefined;
  /** The leaves from `startIndex` on, up to the first group that is not whole or not the next one. */
  readonly leaves: readonly Uint8Array[];
}

/** Reads the journal of a log that no service has open, and changes nothing; undefined when the folder has none. */
export async function readJournal(directory: string): Promise<ReadJournal | undefined> {
  if (!(await readdir(directory)).includes(JOURNAL_FILE)) return undefined;
  const file = await localDisk.open(join(directory, JOURNAL_FILE));
  try {
    const start = decodeHeader(await file.read(0, JOURNAL_HEADER_BYTES));
    const leaves: Uint8Array[] = [];
    if (start === undefined) return { start, leaves };
    for await (const frame of readFrames(file, JOURNAL_HEADER_BYTES, await file.size())) {
      if (frame.firstLeafIndex !== start.startIndex + leaves.length) break;
      leaves.push(...frame.leaves);
    }
    return { start, leaves };
  } finally {
    await file.close();
  }
}
