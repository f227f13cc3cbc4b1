import { open } from 'node:fs/promises';
import type { Keyring, OwnerKey } from './keyring.ts';
import { rewrapHeader } from './sealed-header.ts';

/**
 * Brings a file under another key in place, some hundred bytes of writing.
 *
 * @throws {SealBroken} when the file cannot be opened as it is; it is then left so
 */
export async function rewrapFile(
  keyring: Keyring,
  file: { readonly path: string; readonly fileId: string },
  to: OwnerKey,
): Promise<void> {
  const handle = await open(file.path, 'r+');
  try {
    await rewrapHeader(keyring, handle, { fileId: file.fileId, to });
  } finally {
    await handle.close();
  }
}
