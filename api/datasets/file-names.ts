import type { Vault } from '../vault/index.ts';

// What people call their files names people: `refunds of Ana Lopez.csv`. Nothing of it lies on the disk in the clear.
const placeOf = (uploadId: string) => ({ label: 'upload-file-names', id: uploadId });

/** The name of an upload's file, as it is stored. */
export function sealFileName(vault: Vault, uploadId: string, fileName: string): string {
  return Buffer.from(vault.sealBytes(placeOf(uploadId), Buffer.from(fileName))).toString('base64');
}

/** The name of an upload's file, as its member gave it. */
export function openFileName(vault: Vault, uploadId: string, stored: string): string {
  return Buffer.from(vault.openBytes(placeOf(uploadId), Buffer.from(stored, 'base64'))).toString();
}
