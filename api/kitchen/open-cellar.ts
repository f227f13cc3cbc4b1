import { join } from 'node:path';
import { type AuditLog, openCheckpointKey, openLog } from '../../audit/index.ts';
import type { Config } from '../config/index.ts';
import { openDataKeys } from '../keys/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { type Keyring, makePrivateDirectory, sweepDrafts } from '../vault/index.ts';

/** The log's name in its checkpoints. */
const LOG_ORIGIN = 'galley/log';

/** What lies on the disk, opened by one process alone: log, store and keys. Nothing in it runs anything. */
export interface Cellar {
  readonly log: AuditLog;
  /** The public half of the log's key, in the note format. */
  readonly logVerifierKey: string;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly close: () => Promise<void>;
}

/**
 * Opens a data directory for this process alone.
 *
 * The log is opened first, as it holds the lock: a second process on the same data directory ends there.
 *
 * @throws {Error} naming what could not be opened
 */
export async function openCellar(config: Pick<Config, 'dataDirectory' | 'keys'>): Promise<Cellar> {
  const { dataDirectory } = config;
  await makePrivateDirectory(dataDirectory);
  await makePrivateDirectory(join(dataDirectory, 'keys'));
  const signer = await openCheckpointKey(join(dataDirectory, 'keys', 'log.key'), LOG_ORIGIN);
  const log = await openLog({ directory: join(dataDirectory, 'log'), origin: LOG_ORIGIN, signer });
  await sweepDrafts(join(dataDirectory, 'keys'));
  const store = await openStore(dataDirectory);
  const keyring = await openDataKeys(config, store);
  const close = async (): Promise<void> => {
    await store.close();
    await log.close();
  };
  return { log, logVerifierKey: signer.verifierKey, store, keyring, close };
}
