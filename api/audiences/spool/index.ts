/** The door of the spool: lists of what is to be sent, sealed on the disk, and the arithmetic over them. */
export { type Batch, batchesOf, countBatches, digestOfBatches } from './batches.ts';
export { mergeSorted } from './merge-sorted.ts';
export { splitDifference } from './split-difference.ts';
export {
  hasLists,
  keepOnly,
  type ListName,
  listBytes,
  openListWriter,
  PERSON_BYTES,
  readList,
  removeLists,
  type Spool,
  TOKEN_BYTES,
  writeList,
} from './spool-lists.ts';
