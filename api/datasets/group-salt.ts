import type { Kitchen } from '../kitchen/index.ts';

const SALT_BYTES = 8;

/** Decides which groups of a person over the bound are kept: the same ones each time, and not to be foreseen. */
export function saltOf(kitchen: Kitchen, collaborationId: string): bigint {
  const key = kitchen.vault.deriveKey(`group-order/${collaborationId}`).export();
  // One bit less than eight bytes: the engine binds it as a signed number.
  return key.subarray(0, SALT_BYTES).readBigUInt64BE() >> 1n;
}
