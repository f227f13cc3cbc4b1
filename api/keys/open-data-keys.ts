import type { Config } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import { hasKeys, type Keyring, openKeyring } from '../vault/index.ts';
import { openKeyShelf } from './key-shelf.ts';
import { KeysRefused } from './keys-refused.ts';
import { openMasterKey } from './open-master-key.ts';

type KeysOf = Pick<Config, 'dataDirectory' | 'keys'>;

/** Opens the keys of the configured data directory. @throws {MasterKeyRefused} saying what is wrong and what to do */
export async function openDataKeys({ dataDirectory, keys }: KeysOf, store: Store): Promise<Keyring> {
  const master = (isFresh: boolean) => openMasterKey({ dataDirectory, master: keys.master }, isFresh);
  return await openKeyring({ dataDirectory, master, shelf: openKeyShelf(store) });
}

/** Refuses a directory that no service was ever started on: a mistyped path must not become one. @throws {KeysRefused} */
export async function assertHasKeys(dataDirectory: string): Promise<void> {
  if (await hasKeys(dataDirectory)) return;
  throw new KeysRefused(`\`${dataDirectory}\` has no keys yet; they are made when the service first starts on it`);
}
