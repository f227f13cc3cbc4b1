import type { Keyring } from '../vault/index.ts';

/** Says which root key a rotation would bring: the newest, where one was cut off, or a new one. */
export function nextRoot({ rootVersions }: Keyring): { from: number; to: number } {
  const [oldest = 0] = rootVersions;
  const newest = rootVersions.at(-1) ?? oldest;
  return oldest === newest ? { from: newest, to: newest + 1 } : { from: oldest, to: newest };
}

/**
 * Puts a new root key in place of the old one: the derivation secret and the keys of all datasets are wrapped anew, and
 * no file is touched. Killed at any instant, everything opens, and the same command finishes what was begun.
 */
export async function rotateRootKey(keyring: Keyring): Promise<void> {
  if (keyring.rootVersions.length === 1) await keyring.beginRoot();
  await keyring.finishRoot();
}
