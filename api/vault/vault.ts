import { type KeyObject, randomBytes } from 'node:crypto';
import { NONCE_BYTES, open, seal } from './aead.ts';
import { deriveKey, openMasterKey } from './master-key.ts';
import { SealBroken } from './seal-broken.ts';
import { openSealedFile, type SealedReader } from './sealed-reader.ts';
import { createSealedFile, type SealedPlace, type SealedWriter } from './sealed-writer.ts';

/** A small thing to seal: what it is (`label` picks the key) and which one (it opens under this id only). */
export type BlobPlace = { readonly label: string; readonly id: string };

/** Seals what lies on the disk, and derives keys. The master key itself never leaves it. */
export type Vault = {
  /** A key of 32 bytes for one purpose, for example `pseudonym/<collaboration>`; the same on every start. */
  readonly deriveKey: (label: string) => KeyObject;
  /** Seals a small blob, for example the SQL of a question. */
  readonly sealBytes: (place: BlobPlace, plain: Uint8Array) => Uint8Array;
  /** Opens a small blob. @throws {SealBroken} naming the id */
  readonly openBytes: (place: BlobPlace, sealed: Uint8Array) => Uint8Array;
  /** Begins a sealed file. */
  readonly createFile: (place: SealedPlace) => Promise<SealedWriter>;
  /** Opens a sealed file. @throws {SealBroken} when it was altered, cut or swapped */
  readonly openFile: (place: SealedPlace) => Promise<SealedReader>;
};

/**
 * Opens the vault of a data directory, and makes its master key on the first start.
 *
 * @throws {MasterKeyRefused} when the key is not the one this directory was made with, or can be read by others
 */
export async function openVault(dataDirectory: string): Promise<Vault> {
  const master = await openMasterKey(dataDirectory);
  const fileKey = deriveKey(master, 'sealed-files');
  const blobKey = (label: string) => deriveKey(master, `sealed-blobs/${label}`);
  return {
    deriveKey: (label) => deriveKey(master, `derived/${label}`),
    sealBytes: (place, plain) => {
      const nonce = randomBytes(NONCE_BYTES);
      return Buffer.concat([nonce, seal(plain, { key: blobKey(place.label), nonce, bound: boundOf(place) })]);
    },
    openBytes: (place, sealed) => {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const isWhole = nonce.length === NONCE_BYTES;
      const bound = boundOf(place);
      const plain = isWhole
        ? open(sealed.subarray(NONCE_BYTES), { key: blobKey(place.label), nonce, bound })
        : undefined;
      if (plain === undefined) throw new SealBroken(place.id, 'header');
      return plain;
    },
    createFile: (place) => createSealedFile(fileKey, place),
    openFile: (place) => openSealedFile(fileKey, place),
  };
}

function boundOf(place: BlobPlace): Uint8Array {
  return Buffer.from(JSON.stringify(['galley-blob-1', place.label, place.id]));
}
