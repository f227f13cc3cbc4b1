export { type CheckedFolder, type CheckFolderOptions, checkFolder } from './check-folder.ts';
export type { Difference, DifferenceCode } from './difference.ts';
