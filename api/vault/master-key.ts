import { createHash, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { KEY_BYTES, NONCE_BYTES, open, seal } from './aead.ts';
import { MasterKeyRefused } from './seal-broken.ts';

/**
 * Wraps the root key. Where its own bytes lie is its business: a file, a variable, or a key service that never gives
 * them away.
 */
export type MasterKey = {
  /** As an operator writes it, for example `file:/srv/master.key`; says where to look, and tells nothing secret. */
  readonly name: string;
  /** Tells one key from another: 16 hex digits that follow from the key, or a key service's own name for it. */
  readonly fingerprint: string;
  /** Wraps a few bytes for one data directory. @throws {MasterKeyRefused} when the key cannot be used */
  readonly wrap: (plain: Uint8Array, directoryId: string) => Promise<Uint8Array>;
  /** Unwraps them. @throws {MasterKeyRefused} when this is not the key, or not the directory, they were wrapped for */
  readonly unwrap: (wrapped: Uint8Array, directoryId: string) => Promise<Uint8Array>;
};

/** Gets the master key; `isFresh` says that nothing was wrapped yet, so that one may be made. */
export type MasterKeySource = (isFresh: boolean) => Promise<MasterKey>;

/** Makes a master key of 32 bytes that are here. @throws {MasterKeyRefused} when they are not 32 */
export function masterKeyOf(name: string, bytes: Uint8Array): MasterKey {
  if (bytes.length !== KEY_BYTES)
    throw new MasterKeyRefused(`the master key \`${name}\` is not ${KEY_BYTES} bytes long`);
  const key = createSecretKey(bytes);
  return {
    name,
    fingerprint: fingerprintOf(key).slice(0, 16),
    wrap: async (plain, directoryId) => sealWithNonce(key, plain, boundTo(directoryId)),
    unwrap: async (wrapped, directoryId) => {
      const plain = openWithNonce(key, wrapped, boundTo(directoryId));
      if (plain !== undefined) return plain;
      throw new MasterKeyRefused(`\`${name}\` is not the master key that this data directory was wrapped with`);
    },
  };
}

/** Derives a key for one purpose (HKDF-SHA-256, RFC 5869); keys of different labels tell nothing of each other. */
export function deriveKey(secret: KeyObject, label: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `galley/v1/${label}`, KEY_BYTES)));
}

/** What tells a key from another and tells nothing of it: a hash of a key derived for nothing else, hex. */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256').update(deriveKey(key, 'fingerprint').export()).digest('hex');
}

/**
 * Seals a few bytes under a key that seals many things: 96 random bits each, which NIST SP 800-38D allows 2^32 times
 * before two might meet. The nonce goes before the ciphertext.
 */
export function sealWithNonce(key: KeyObject, plain: Uint8Array, bound: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, seal(plain, { key, nonce, bound })]);
}

/** Opens what `sealWithNonce` sealed; undefined when it is not that. */
export function openWithNonce(key: KeyObject, sealed: Uint8Array, bound: Uint8Array): Uint8Array | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  if (nonce.length !== NONCE_BYTES) return undefined;
  return open(sealed.subarray(NONCE_BYTES), { key, nonce, bound });
}

function boundTo(directoryId: string): Uint8Array {
  return Buffer.from(JSON.stringify(['galley-root-1', directoryId]));
}
