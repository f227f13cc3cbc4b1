import { AuditLogError } from '../audit-log-error.ts';
import type { DiskFile } from '../disk/index.ts';
import { readMark } from './durable-mark.ts';
import { findFrame, MAX_FRAME_BYTES } from './frame.ts';
import { JOURNAL_HEADER_BYTES } from './journal-header.ts';
import { readFrames } from './read-frames.ts';

/** The two files of a journal. */
export interface JournalFiles {
  readonly journal: DiskFile;
  readonly mark: DiskFile;
}

/** How far a journal is whole: entries of the log in it and before it, and bytes of the file. */
export interface WholeJournal {
  readonly treeSize: number;
  readonly byteLength: number;
}

/**
 * Reads a journal back after any kind of stop: hands every leaf on in order, and cuts a torn tail.
 *
 * A tail is cut only if nothing acknowledged can be in it: it lies beyond the durable mark, is no longer than one
 * group, and no sound group follows. Everything else is damage, which must not be repaired in silence.
 *
 * @throws {AuditLogError} `LOG_CORRUPT`, with the place
 */
export async function recover(
  files: JournalFiles,
  startIndex: number,
  onLeaf: (leaf: Uint8Array) => void,
): Promise<WholeJournal> {
  const markedSize = await readMark(files.mark);
  const size = await files.journal.size();
  const whole = { treeSize: startIndex, byteLength: JOURNAL_HEADER_BYTES };
  let unmarkedOffset = whole.byteLength;
  for await (const frame of readFrames(files.journal, whole.byteLength, size)) {
    if (frame.firstLeafIndex !== whole.treeSize) throw damaged(whole, 'holds a group out of order');
    for (const leaf of frame.leaves) onLeaf(leaf);
    whole.treeSize += frame.leaves.length;
    whole.byteLength += frame.byteLength;
    if (whole.treeSize <= markedSize) unmarkedOffset = whole.byteLength;
  }
  if (whole.treeSize < markedSize) {
    throw damaged(whole, `lacks acknowledged entries, of which there were ${markedSize},`);
  }
  if (whole.byteLength < size) await cutTornTail(files.journal, whole, size);
  await writeAgain(files.journal, unmarkedOffset, whole.byteLength);
  return whole;
}

async function cutTornTail(journal: DiskFile, whole: WholeJournal, size: number): Promise<void> {
  if (size - whole.byteLength > MAX_FRAME_BYTES) throw damaged(whole, 'holds more damage than one crash can do');
  const tail = await journal.read(whole.byteLength, size - whole.byteLength);
  if (findFrame(tail) >= 0) throw damaged(whole, 'is damaged in the middle');
  await journal.truncate(whole.byteLength);
}

async function writeAgain(journal: DiskFile, unmarkedOffset: number, byteLength: number): Promise<void> {
  // A group whose sync failed may stand in the page cache as if it were on disk, and a second sync would not write it.
  // Written again it is dirty again. Only the last group can be such a one.
  const start = Math.max(unmarkedOffset, byteLength - MAX_FRAME_BYTES);
  await journal.write(start, await journal.read(start, byteLength - start));
  await journal.sync();
}

function damaged({ treeSize, byteLength }: WholeJournal, what: string): AuditLogError {
  return new AuditLogError('LOG_CORRUPT', `log ${what} at entry ${treeSize}, byte ${byteLength} of its journal`);
}
