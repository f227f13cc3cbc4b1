import { join } from 'node:path';
import {
  type AuditLog,
  type CheckpointSigner,
  type KeyHistory,
  keepKeyHistory,
  type LogKeyFiles,
  openLog,
  openLogKeys,
  withSchemas,
} from '../../audit/index.ts';
import type { Config } from '../config/index.ts';
import { openDataKeys } from '../keys/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { type Keyring, makePrivateDirectory, sweepDrafts } from '../vault/index.ts';
import { assertLogHolds } from './log-holds.ts';

/** What lies on the disk, opened by one process alone: log, store and keys. Nothing in it runs anything. */
export interface Cellar {
  readonly log: AuditLog;
  /** Settled when the log takes nothing more: its disk has failed, and only a fresh start reads what is on it. */
  readonly logFailed: Promise<void>;
  /** The public half of the log's key, in the note format. */
  readonly logVerifierKey: string;
  /** Every key that ever signed for the log. */
  readonly logKeys: KeyHistory;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly close: () => Promise<void>;
}

/** What of the configuration says where a cellar is, and whose. */
export type CellarConfig = Pick<Config, 'dataDirectory' | 'keys' | 'log'>;

/** Where the keys of a data directory's log are. */
export function logKeyFiles({ dataDirectory, log }: CellarConfig): LogKeyFiles {
  const { origin } = log;
  return {
    keyFile: join(dataDirectory, 'keys', 'log.key'),
    historyFile: join(dataDirectory, 'log', 'keys'),
    origin,
  };
}

/**
 * Opens a data directory for this process alone.
 *
 * The log is opened first, as it holds the lock: a second process on the same data directory ends there. A change of its
 * key opens it with both keys, by `withSigner`.
 *
 * @throws {Error} naming what could not be opened
 */
export async function openCellar(
  config: CellarConfig,
  withSigner: (own: CheckpointSigner) => Promise<CheckpointSigner> = async (own) => own,
): Promise<Cellar> {
  const { dataDirectory } = config;
  await makePrivateDirectory(dataDirectory);
  await makePrivateDirectory(join(dataDirectory, 'keys'));
  const keys = logKeyFiles(config);
  const { signer: own, history } = await openLogKeys(keys);
  const signer = await withSigner(own);
  const failed = Promise.withResolvers<void>();
  const log = withSchemas(
    await openLog({ directory: join(dataDirectory, 'log'), origin: keys.origin, signer }),
    failed.resolve,
  );
  await keepKeyHistory(keys, history);
  await sweepDrafts(join(dataDirectory, 'keys'));
  const store = await openStore(dataDirectory);
  await assertLogHolds(log, store);
  const keyring = await openDataKeys(config, store);
  const close = async (): Promise<void> => {
    await store.close();
    await log.close();
  };
  return {
    log,
    logFailed: failed.promise,
    logVerifierKey: signer.verifierKey,
    logKeys: history,
    store,
    keyring,
    close,
  };
}
