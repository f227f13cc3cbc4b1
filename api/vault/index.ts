/** The door of the vault chapter: keys, sealed files, and files that appear whole or not at all. */
export { checkSealedFile, readFileNames, type SealFault } from './check-sealed-file.ts';
export { createDurably, makePrivateDirectory, sweepDrafts, syncDirectory, writeDurably } from './durable-file.ts';
export type { KeyShelf, KeyState, ShelfKey } from './key-shelf.ts';
export { Keyring, openKeyring } from './keyring.ts';
export { type MasterKey, type MasterKeySource, masterKeyOf } from './master-key.ts';
export { rewrapFile } from './rewrap-file.ts';
export { hasKeys } from './root-file.ts';
export { KeyDestroyed, MasterKeyRefused, SealBroken } from './seal-broken.ts';
export type { SealedApart } from './sealed-apart.ts';
export type { SealedEnd } from './sealed-format.ts';
export type { SealedReader } from './sealed-reader.ts';
export type { SealedPlace, SealedWriter } from './sealed-writer.ts';
export { type BlobPlace, openVault, type Vault } from './vault.ts';
