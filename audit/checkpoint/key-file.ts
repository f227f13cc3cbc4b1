// The key file is one line in the note format's own spelling, PRIVATE+KEY+name+keyid+base64(type || seed), so that it
// names the log it belongs to and other tools of the format can use it.

import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AuditLogError } from '../audit-log-error.ts';
import { createFileOnce } from '../disk/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type CheckpointSigner, keysFromSeed, signerFromSeed } from './checkpoint-signer.ts';
import type { CosignatureKey } from './cosignature.ts';
import { ED25519_KEY_BYTES, ED25519_TYPE, isKeyName } from './verifier-key.ts';

/** Largest key file: a name and 40 bytes of key; a wrong path must not pull a large file into memory. */
const MAX_KEY_FILE_BYTES = 4096;

const KEY_PREFIX = 'PRIVATE+KEY+';

/**
 * Opens the log's Ed25519 signing key, and makes one if the file is not there.
 *
 * The new file appears whole and readable by its owner only, or not at all; of two processes that make it at once,
 * both use the one that came first.
 *
 * @throws {AuditLogError} `ORIGIN_INVALID`, `KEY_FILE_INVALID` (also for a key of another origin), `KEY_FILE_EXPOSED`
 */
export async function openCheckpointKey(file: string, origin: string): Promise<CheckpointSigner> {
  return signerFromSeed(origin, await openKeySeed(file, origin));
}

/**
 * Opens the key that a witness cosigns with, and makes one if the file is not there. The file is of the same form as
 * that of a log.
 *
 * @throws {AuditLogError} as `openCheckpointKey`
 */
export async function openWitnessKey(file: string, name: string): Promise<CosignatureKey> {
  const { verifierKey: _, ...key } = keysFromSeed(name, await openKeySeed(file, name));
  return key;
}

async function openKeySeed(file: string, name: string): Promise<Uint8Array> {
  if (!isKeyName(name))
    throw new AuditLogError('ORIGIN_INVALID', 'origin is empty or holds a space, a plus or a control character');
  const existing = await readKeyFile(file);
  if (existing !== undefined) return parseSeed(existing, name);
  await createFileOnce(file, Buffer.from(formatKey(name, randomBytes(ED25519_KEY_BYTES)), 'utf8'));
  return parseSeed((await readKeyFile(file)) ?? '', name);
}

/** Writes a private key as the note format spells it, with a newline. */
function formatKey(origin: string, seed: Uint8Array): string {
  const keyId = signerFromSeed(origin, seed).verifierKey.split('+')[1];
  return `${KEY_PREFIX}${origin}+${keyId}+${encodeBase64(Buffer.concat([Uint8Array.of(ED25519_TYPE), seed]))}\n`;
}

/** Reads a private key of the note format, and checks that it is the key of this origin. */
export function parseKey(text: string, origin: string): CheckpointSigner {
  return signerFromSeed(origin, parseSeed(text, origin));
}

/** Reads the seed of a private key of the note format, and checks that it is the key of this name. */
function parseSeed(text: string, origin: string): Uint8Array {
  const [, name, keyId, encoded] = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([^\n]+)\n?$/.exec(text) ?? [];
  const typed = encoded === undefined ? undefined : decodeBase64(encoded);
  if (typed?.byteLength !== 1 + ED25519_KEY_BYTES || typed[0] !== ED25519_TYPE) {
    throw new AuditLogError('KEY_FILE_INVALID', 'key file does not hold an Ed25519 key of the signed note format');
  }
  if (name !== origin)
    throw new AuditLogError(
      'KEY_FILE_INVALID',
      `key file holds the key of another log, \`${name}\`; a log keeps its origin for ever`,
    );
  const seed = typed.subarray(1);
  if (keysFromSeed(origin, seed).verifierKey.split('+')[1] !== keyId) {
    throw new AuditLogError('KEY_FILE_INVALID', 'key file holds a key id that does not fit its key');
  }
  return seed;
}

async function readKeyFile(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, 'r');
    const { mode, size } = await handle.stat();
    // Whoever can read the key can sign a second history.
    if ((mode & 0o077) !== 0)
      throw new AuditLogError('KEY_FILE_EXPOSED', 'key file can be read by others than its owner');
    if (size > MAX_KEY_FILE_BYTES) throw new AuditLogError('KEY_FILE_INVALID', 'key file is too large to be a key');
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
