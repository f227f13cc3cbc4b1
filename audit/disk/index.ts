export { createFileOnce, replaceFile, syncDirectory } from './atomic-file.ts';
export { type DirectoryLock, lockDirectory } from './directory-lock.ts';
