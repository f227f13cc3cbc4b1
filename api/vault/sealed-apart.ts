import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { KEY_BYTES } from './aead.ts';
import { openWithNonce, sealWithNonce } from './master-key.ts';

/** A blob under a key of its own: once the wrapped key is destroyed, nobody opens the blob again. */
export type SealedApart = { readonly wrappedKey: Uint8Array; readonly sealed: Uint8Array };

/** Seals a blob under a key that is drawn for it alone, and wraps that key. */
export function sealApart(wrapping: KeyObject, plain: Uint8Array, bound: Uint8Array): SealedApart {
  const key = createSecretKey(randomBytes(KEY_BYTES));
  return { wrappedKey: sealWithNonce(wrapping, key.export(), bound), sealed: sealWithNonce(key, plain, bound) };
}

/** Opens what `sealApart` sealed; undefined when it is not that, or its key is no more. */
export function openApart(wrapping: KeyObject, { wrappedKey, sealed }: SealedApart, bound: Uint8Array) {
  const key = openWithNonce(wrapping, wrappedKey, bound);
  return key?.length === KEY_BYTES ? openWithNonce(createSecretKey(key), sealed, bound) : undefined;
}
