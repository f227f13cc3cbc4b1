import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDurably, type MasterKey, MasterKeyRefused, makePrivateDirectory, masterKeyOf } from '../vault/index.ts';

/** Bits of the file mode that let anybody but the owner in. */
const FOREIGN_MODE_BITS = 0o077;

/** Bytes of a new key. */
const MASTER_KEY_BYTES = 32;

/**
 * Opens a master key that lies in a file; makes it where `mayMake` says that nothing was wrapped with it yet.
 *
 * @throws {MasterKeyRefused} when it is missing, of the wrong length, or can be read by others
 */
export async function openFileMaster(path: string, mayMake: boolean): Promise<MasterKey> {
  if (mayMake) {
    await makePrivateDirectory(dirname(path));
    await createDurably(path, randomBytes(MASTER_KEY_BYTES));
  }
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new MasterKeyRefused(`the master key \`${path}\` is missing; restore it`);
  if ((found.mode & FOREIGN_MODE_BITS) !== 0) {
    throw new MasterKeyRefused(`the master key \`${path}\` can be read by others; set its mode to 0600`);
  }
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new MasterKeyRefused(`the master key \`${path}\` cannot be read (${error.code}); check its rights`);
  });
  const master = masterKeyOf(`file:${path}`, bytes);
  bytes.fill(0);
  return master;
}
