import { createHash, randomBytes } from 'node:crypto';

/** SHA-256 of a text or bytes, hex. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A new name that nobody can guess: a prefix and 128 random bits. */
export function newId(prefix: string): string {
  return `${prefix}-${randomBytes(16).toString('hex')}`;
}
