import { join } from 'node:path';
import { KeyDestroyed, type Keyring, readFileNames, rewrapFile, SealBroken } from '../vault/index.ts';
import { KeysRefused } from './keys-refused.ts';
import { sealedFilesIn } from './sealed-files.ts';

/** What a rotation of a dataset's key has done. */
export interface DatasetRotation {
  readonly version: number;
  /** Files whose headers were written. */
  readonly fileCount: number;
  /** Files whose headers could not be opened, whosever they are; while there are some, older versions are kept. */
  readonly brokenFiles: readonly string[];
}

/** Says which version a rotation of an owner's key would bring: the newest, where one was cut off, or a new one. */
export async function nextVersion(keyring: Keyring, owner: string): Promise<{ from: number; to: number }> {
  const versions = await keyring.list(owner);
  if (versions.some((key) => key.state === 'destroyed')) throw new KeyDestroyed(owner);
  const newest = versions.at(-1)?.version;
  if (newest === undefined) throw new KeysRefused(`\`${owner}\` has no key; \`keys status\` lists all that have`);
  const oldest = versions[0]?.version ?? newest;
  return oldest === newest ? { from: newest, to: newest + 1 } : { from: oldest, to: newest };
}

/**
 * Gives an owner a new key, and brings the headers of all its files under it, some hundred bytes each.
 *
 * Older versions are destroyed when no file is under them any more: killed at any instant, every file opens, and the
 * same command finishes what was begun.
 *
 * @throws {KeysRefused} for an owner without a key @throws {KeyDestroyed}
 */
export async function rotateDatasetKey(
  { keyring, dataDirectory }: { readonly keyring: Keyring; readonly dataDirectory: string },
  owner: string,
): Promise<DatasetRotation> {
  const { to } = await nextVersion(keyring, owner);
  const known = await keyring.find(owner, to);
  const key = known ?? (await keyring.addVersion(owner));
  const brokenFiles: string[] = [];
  let fileCount = 0;
  for await (const file of sealedFilesIn(dataDirectory)) {
    const path = join(dataDirectory, file);
    const names = await readFileNames(path);
    const older = names?.find((name) => name.owner === owner && name.version !== key.version);
    if (names === undefined) brokenFiles.push(file);
    if (older === undefined) continue;
    try {
      await rewrapFile(keyring, { path, fileId: older.fileId }, key);
      fileCount += 1;
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      brokenFiles.push(file);
    }
  }
  if (brokenFiles.length === 0) {
    for (const { version } of await keyring.list(owner)) {
      if (version !== key.version) await keyring.retire(owner, version);
    }
  }
  return { version: key.version, fileCount, brokenFiles };
}
