/** The door of the vault chapter: keys, sealed files, and files that appear whole or not at all. */
export { createDurably, makePrivateDirectory, writeDurably } from './durable-file.ts';
export { SealBroken } from './seal-broken.ts';
export type { SealedEnd } from './sealed-format.ts';
export type { SealedReader } from './sealed-reader.ts';
export type { SealedPlace, SealedWriter } from './sealed-writer.ts';
export { type BlobPlace, openVault, type Vault } from './vault.ts';
