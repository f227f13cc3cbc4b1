import { join } from 'node:path';
import { type Keyring, type KeyState, readFileNames } from '../vault/index.ts';
import { sealedFilesIn } from './sealed-files.ts';

/** One version of an owner's key, and how many files are under it. */
export interface OwnerKeyStatus {
  readonly owner: string;
  readonly version: number;
  readonly state: KeyState;
  readonly fileCount: number;
  readonly createdAtMs: number;
}

/** The keys of a data directory, without one byte of them. */
export interface KeyStatus {
  readonly master: { readonly name: string; readonly fingerprint: string };
  /** More than one while a rotation is unfinished. */
  readonly rootVersions: readonly number[];
  /** Tells the directory; no rotation changes it. */
  readonly fingerprint: string;
  readonly keys: readonly OwnerKeyStatus[];
  /** Sealed files whose header cannot be read. */
  readonly unreadableFiles: readonly string[];
}

/** Says which keys there are and what is under them. */
export async function readKeyStatus({
  keyring,
  dataDirectory,
}: {
  readonly keyring: Keyring;
  readonly dataDirectory: string;
}): Promise<KeyStatus> {
  const counts = new Map<string, number>();
  const unreadableFiles: string[] = [];
  for await (const file of sealedFilesIn(dataDirectory)) {
    const names = await readFileNames(join(dataDirectory, file));
    if (names === undefined) unreadableFiles.push(file);
    for (const { owner, version } of names ?? []) {
      const key = JSON.stringify([owner, version]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const keys = (await keyring.list()).map(({ owner, version, state, createdAtMs }) => {
    return { owner, version, state, createdAtMs, fileCount: counts.get(JSON.stringify([owner, version])) ?? 0 };
  });
  const { name, fingerprint } = keyring.master;
  const { rootVersions, fingerprint: directory } = keyring;
  return { master: { name, fingerprint }, rootVersions, fingerprint: directory, keys, unreadableFiles };
}
