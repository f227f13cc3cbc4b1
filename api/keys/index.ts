/** The door of the keys chapter: where the master key comes from, where wrapped keys are kept, and how keys change. */
export { type KeyStatus, readKeyStatus } from './key-status.ts';
export { KeysRefused } from './keys-refused.ts';
export { assertHasKeys, openDataKeys } from './open-data-keys.ts';
export { openMasterKey } from './open-master-key.ts';
export {
  newestReceiptKey,
  openNextReceiptKey,
  openReceiptKey,
  promoteReceiptKey,
  type ReceiptKey,
} from './receipt-key.ts';
export { type DatasetRotation, nextVersion, rotateDatasetKey } from './rotate-dataset.ts';
export { nextRoot, rotateRootKey } from './rotate-root.ts';
export { sealedFilesIn } from './sealed-files.ts';
