import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_BYTES } from './aead.ts';
import { createDurably, makePrivateDirectory } from './durable-file.ts';
import { MasterKeyRefused } from './seal-broken.ts';

/** Bits of the file mode that let anybody but the owner in. */
const FOREIGN_MODE_BITS = 0o077;

/**
 * Reads the master key, and makes it on the first start.
 *
 * Beside it lies a fingerprint (a derived key, which tells nothing of the master key): when the key was lost or
 * changed, the start is refused at once, and no new key is made over data that it could not open.
 *
 * @throws {MasterKeyRefused} when the key is missing, of the wrong length, readable by others, or another one than
 * before
 */
export async function openMasterKey(dataDirectory: string): Promise<KeyObject> {
  const directory = join(dataDirectory, 'keys');
  const keyFile = join(directory, 'master.key');
  const fingerprintFile = join(directory, 'master.fingerprint');
  await makePrivateDirectory(directory);
  const known = await readFile(fingerprintFile, 'utf8').catch(() => undefined);
  if (known === undefined) await createDurably(keyFile, randomBytes(KEY_BYTES));
  const key = createSecretKey(await readKey(keyFile));
  const fingerprint = Buffer.from(deriveKey(key, 'fingerprint').export()).toString('hex');
  if (known === undefined) await createDurably(fingerprintFile, Buffer.from(fingerprint));
  if ((known ?? fingerprint) !== fingerprint) {
    throw new MasterKeyRefused(`\`${keyFile}\` is not the key that this data directory was made with`);
  }
  return key;
}

/** Derives a key for one purpose (HKDF-SHA-256, RFC 5869); keys of different labels tell nothing of each other. */
export function deriveKey(master: KeyObject, label: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', master, '', `galley/v1/${label}`, KEY_BYTES)));
}

async function readKey(keyFile: string): Promise<Buffer> {
  const found = await stat(keyFile).catch(() => undefined);
  if (found === undefined) throw new MasterKeyRefused(`the master key \`${keyFile}\` is missing; restore it`);
  if ((found.mode & FOREIGN_MODE_BITS) !== 0) {
    throw new MasterKeyRefused(`the master key \`${keyFile}\` can be read by others; set its mode to 0600`);
  }
  const bytes = await readFile(keyFile);
  if (bytes.length !== KEY_BYTES)
    throw new MasterKeyRefused(`the master key \`${keyFile}\` is not ${KEY_BYTES} bytes long`);
  return bytes;
}
