import type { KeyObject } from 'node:crypto';
import type { Keyring } from './keyring.ts';
import { deriveKey, openWithNonce, sealWithNonce } from './master-key.ts';
import { rewrapFile } from './rewrap-file.ts';
import { SealBroken } from './seal-broken.ts';
import { openApart, type SealedApart, sealApart } from './sealed-apart.ts';
import { openSealedFile, type SealedReader } from './sealed-reader.ts';
import { createSealedFile, type SealedPlace, type SealedWriter } from './sealed-writer.ts';

/** A small thing to seal: what it is (`label` picks the key) and which one (it opens under this id only). */
export type BlobPlace = { readonly label: string; readonly id: string };

/**
 * Seals what lies on the disk, and derives keys. The keys above them never leave it.
 *
 * Files read their key from the store when their dataset is first touched: never begin or open one within a transaction.
 */
export type Vault = {
  /** A key of 32 bytes for one purpose, for example `pseudonym/<collaboration>`; the same on every start. */
  readonly deriveKey: (label: string) => KeyObject;
  /** Seals a small blob, for example the SQL of a question. */
  readonly sealBytes: (place: BlobPlace, plain: Uint8Array) => Uint8Array;
  /** Opens a small blob. @throws {SealBroken} naming the id */
  readonly openBytes: (place: BlobPlace, sealed: Uint8Array) => Uint8Array;
  /** Seals a small blob under a key of its own, which is destroyed apart from all others. */
  readonly sealApart: (place: BlobPlace, plain: Uint8Array) => SealedApart;
  /** Opens such a blob. @throws {SealBroken} naming the id */
  readonly openApart: (place: BlobPlace, apart: SealedApart) => Uint8Array;
  /** Begins a sealed file. @throws {KeyDestroyed} when its dataset was erased */
  readonly createFile: (place: SealedPlace) => Promise<SealedWriter>;
  /** Opens a sealed file. @throws {SealBroken} when it was altered, cut or swapped @throws {KeyDestroyed} */
  readonly openFile: (place: SealedPlace) => Promise<SealedReader>;
  /** Brings a file under the key of a dataset, some hundred bytes of writing; done twice, it does nothing. */
  readonly giveToDataset: (place: SealedPlace, dataset: string) => Promise<void>;
  /**
   * Destroys the key of a dataset: whatever is sealed under it cannot be opened any more, copies elsewhere included.
   * Done twice, it does nothing.
   */
  readonly destroyDatasetKey: (dataset: string) => Promise<void>;
};

/** Opens the vault over the keys of a data directory. */
export function openVault(keyring: Keyring): Vault {
  // Derived once: they follow from the secret that is in memory all the time, and there are no more than kinds of blobs.
  const blobKeys = new Map<string, KeyObject>();
  const blobKey = (label: string): KeyObject => {
    const key = blobKeys.get(label) ?? deriveKey(keyring.secret, `sealed-blobs/${label}`);
    blobKeys.set(label, key);
    return key;
  };
  return {
    deriveKey: (label) => deriveKey(keyring.secret, `derived/${label}`),
    sealBytes: (place, plain) => sealWithNonce(blobKey(place.label), plain, boundOf(place)),
    openBytes: (place, sealed) => {
      const plain = openWithNonce(blobKey(place.label), sealed, boundOf(place));
      if (plain === undefined) throw new SealBroken(place.id, 'header');
      return plain;
    },
    sealApart: (place, plain) => sealApart(blobKey(place.label), plain, boundOf(place)),
    openApart: (place, apart) => {
      const plain = openApart(blobKey(place.label), apart, boundOf(place));
      if (plain === undefined) throw new SealBroken(place.id, 'header');
      return plain;
    },
    createFile: (place) => createSealedFile(keyring, place),
    openFile: (place) => openSealedFile(keyring, place),
    giveToDataset: async (place, dataset) => await rewrapFile(keyring, place, await keyring.current(dataset)),
    destroyDatasetKey: (dataset) => keyring.destroy(dataset),
  };
}

function boundOf(place: BlobPlace): Uint8Array {
  return Buffer.from(JSON.stringify(['galley-blob-1', place.label, place.id]));
}
