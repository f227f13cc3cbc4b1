import type { FileHandle } from 'node:fs/promises';
import { AuditLogError } from '../audit-log-error.ts';
import { type DurableMark, readMark } from './durable-mark.ts';
import { readBytes, type SyncFile, writeBytes } from './file-bytes.ts';
import { findFrame, MAX_FRAME_BYTES } from './frame.ts';
import type { GroupIndex } from './group-index.ts';
import { readFrames } from './read-frames.ts';

/** The two files of a log, and how to make them durable. */
export interface LogFiles {
  readonly leaves: FileHandle;
  readonly mark: FileHandle;
  readonly sync: SyncFile;
}

/**
 * Reads a log back after any kind of stop: fills the index, hands every leaf on in order, and cuts a torn tail.
 *
 * A tail is cut only if nothing acknowledged can be in it: it lies beyond the durable mark, is no longer than one
 * group, and no sound group follows. Everything else is damage, which must not be repaired in silence.
 *
 * @throws {AuditLogError} `LOG_CORRUPT`, with the place
 */
export async function recover(files: LogFiles, groups: GroupIndex, onLeaf: (leaf: Uint8Array) => void): Promise<void> {
  const mark = await readMark(files.mark);
  const { size } = await files.leaves.stat();
  for await (const frame of readFrames(files.leaves, 0, size)) {
    if (frame.firstLeafIndex !== groups.treeSize) throw damaged(groups, 'holds a group out of order');
    for (const leaf of frame.leaves) onLeaf(leaf);
    groups.add(frame.leaves.length, frame.byteLength);
  }
  if (groups.byteLength < mark.byteLength || groups.treeSize < mark.treeSize) {
    throw damaged(groups, `lacks acknowledged entries, of which there were ${mark.treeSize},`);
  }
  if (groups.byteLength < size) await cutTornTail(files, groups, size);
  await writeAgainBeyond(mark, files, groups);
}

async function cutTornTail({ leaves }: LogFiles, groups: GroupIndex, size: number): Promise<void> {
  if (size - groups.byteLength > MAX_FRAME_BYTES) throw damaged(groups, 'holds more damage than one crash can do');
  const tail = await readBytes(leaves, groups.byteLength, size - groups.byteLength);
  if (findFrame(tail) >= 0) throw damaged(groups, 'is damaged in the middle');
  await leaves.truncate(groups.byteLength);
}

async function writeAgainBeyond(mark: DurableMark, { leaves, sync }: LogFiles, groups: GroupIndex): Promise<void> {
  // A group whose sync failed may stand in the page cache as if it were on disk, and a second sync would not write it.
  // Written again it is dirty again. Only the last group can be such a one.
  const start = Math.max(mark.byteLength, groups.byteLength - MAX_FRAME_BYTES);
  const bytes = await readBytes(leaves, start, groups.byteLength - start);
  await writeBytes(leaves, start, bytes);
  await sync(leaves);
}

function damaged(groups: GroupIndex, what: string): AuditLogError {
  const place = `at entry ${groups.treeSize}, byte ${groups.byteLength} of its leaf file`;
  return new AuditLogError('LOG_CORRUPT', `log ${what} ${place}`);
}
