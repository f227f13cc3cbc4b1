export { createFileOnce, replaceFile, syncDirectory } from './atomic-file.ts';
export { type DirectoryLock, lockDirectory } from './directory-lock.ts';
export { placeDurably, placeLightly, removeDrafts, sweepDrafts } from './drafts.ts';
export { type DiskFile, type LogDisk, localDisk, makeDurableFolder } from './log-disk.ts';
export { readBounded, readBoundedSync } from './read-bounded.ts';
