import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { LogVerificationError } from '../log-verification-error.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** Signature type of Ed25519 in signed notes. */
export const ED25519_TYPE = 0x01;

/** Signature type of timestamped Ed25519 cosignatures (C2SP tlog-cosignature). */
export const COSIGNATURE_TYPE = 0x04;

/** Length of an Ed25519 public key, and of the seed of a private one (RFC 8032). */
export const ED25519_KEY_BYTES = 32;

/** Length of an Ed25519 signature (RFC 8032). */
const ED25519_SIGNATURE_BYTES = 64;

/** Length of a key id: a hint for picking the key, not a proof of anything. */
export const KEY_ID_BYTES = 4;

// The fixed DER around a raw Ed25519 public key (RFC 8410).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A trusted public key with the name it signs under. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly rawKey: Uint8Array;
  readonly publicKey: KeyObject;
}

/** Tells whether a text may name a key or a log: not empty, no Unicode space, no plus, no control character. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && !/[\s+\p{C}]/u.test(name);
}

/** The key id: SHA-256(name || 0x0A || type || public key), first four bytes (C2SP signed-note). */
export function keyIdOf(name: string, publicKey: Uint8Array, type: number = ED25519_TYPE): Uint8Array {
  const input = Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), Uint8Array.of(type), publicKey]);
  return hash('sha256', input, 'buffer').subarray(0, KEY_ID_BYTES);
}

/** Writes a verifier key: `name+keyid+base64(type || public key)`. */
export function formatVerifierKey(name: string, publicKey: Uint8Array, type: number = ED25519_TYPE): string {
  const keyId = Buffer.from(keyIdOf(name, publicKey, type)).toString('hex');
  return `${name}+${keyId}+${encodeBase64(Buffer.concat([Uint8Array.of(type), publicKey]))}`;
}

/**
 * Reads a verifier key as printed by `formatVerifierKey` or by any tool of the note format.
 *
 * @throws {LogVerificationError} `VERIFIER_KEY_MALFORMED`
 */
export function parseVerifierKey(text: string): VerifierKey {
  return parseKeyOfType(text, ED25519_TYPE);
}

/**
 * Reads the verifier key of a witness: of type 4, or of type 1, which stock witnesses print for the same key.
 *
 * @throws {LogVerificationError} `VERIFIER_KEY_MALFORMED`
 */
export function parseWitnessKey(text: string): VerifierKey {
  const isPlain = decodeBase64(/^[^+]+\+[0-9a-f]{8}\+(.+)$/s.exec(text)?.[1] ?? '')?.[0] === ED25519_TYPE;
  if (!isPlain) return parseKeyOfType(text, COSIGNATURE_TYPE);
  const { name, rawKey, publicKey } = parseKeyOfType(text, ED25519_TYPE);
  return { name, rawKey, publicKey, keyId: keyIdOf(name, rawKey, COSIGNATURE_TYPE) };
}

function parseKeyOfType(text: string, type: number): VerifierKey {
  const [, name, keyIdHex, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  if (name === undefined || keyIdHex === undefined || encoded === undefined || !isKeyName(name)) throw malformed();
  const typed = decodeBase64(encoded);
  if (typed === undefined || typed.byteLength !== 1 + ED25519_KEY_BYTES || typed[0] !== type) throw malformed();
  const rawKey = typed.subarray(1);
  const keyId = keyIdOf(name, rawKey, type);
  // A key id that does not fit its key means a mistyped key: better told now than as a failed signature later.
  if (Buffer.from(keyId).toString('hex') !== keyIdHex) throw malformed();
  return { name, keyId, rawKey, publicKey: toPublicKey(rawKey) };
}

/** Tells whether an Ed25519 signature over these bytes is by this key. */
export function isSignedBy(key: VerifierKey, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.byteLength === ED25519_SIGNATURE_BYTES && verify(null, message, key.publicKey, signature);
}

function toPublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}

function malformed(): LogVerificationError {
  return new LogVerificationError(
    'VERIFIER_KEY_MALFORMED',
    'verifier key is not an Ed25519 key of the signed note format',
  );
}
