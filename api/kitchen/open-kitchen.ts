import { join } from 'node:path';
import { openCheckpointKey, openLog } from '../../audit/index.ts';
import { openWall } from '../../sandbox/index.ts';
import { openAuthorizer } from '../authorize/index.ts';
import type { Config } from '../config/index.ts';
import type { OperatorLog } from '../grpc/index.ts';
import { openStore } from '../store/index.ts';
import { makePrivateDirectory, openVault } from '../vault/index.ts';
import type { Kitchen } from './kitchen.ts';
import { openSystemBits } from './system-bits.ts';

/** The log's name in its checkpoints. */
const LOG_ORIGIN = 'galley/log';

/** Warm workers kept for parsing; a parse takes some milliseconds. */
const PARSER_SPARES = 1;
/** Parses at once. */
const MAX_RUNNING_PARSERS = 2;

/** A kitchen and the way to close it. */
export interface OpenKitchen extends Kitchen {
  readonly close: () => Promise<void>;
}

/**
 * Opens everything a service works with, in the order in which a failure does least harm.
 *
 * The log is opened first, as it holds the lock: a second process on the same data directory ends there.
 *
 * @throws {Error} naming what could not be opened; a wall with a missing denial is one of them
 */
export async function openKitchen(config: Config, operatorLog: OperatorLog): Promise<OpenKitchen> {
  const directory = join(config.dataDirectory, 'log');
  await makePrivateDirectory(config.dataDirectory);
  await makePrivateDirectory(join(config.dataDirectory, 'keys'));
  const signer = await openCheckpointKey(join(config.dataDirectory, 'keys', 'log.key'), LOG_ORIGIN);
  const log = await openLog({ directory, origin: LOG_ORIGIN, signer });
  const vault = await openVault(config.dataDirectory);
  const store = await openStore(config.dataDirectory);
  const wall = await openWall({});
  const parser = await openWall({ spareCount: PARSER_SPARES, maxRunning: MAX_RUNNING_PARSERS });
  return {
    config,
    store,
    vault,
    wall,
    parser,
    log,
    logVerifierKey: signer.verifierKey,
    authorizer: await openAuthorizer(),
    operatorLog,
    bits: openSystemBits(),
    nowMs: Date.now,
    close: async () => {
      await wall.close();
      await parser.close();
      await store.close();
      await log.close();
    },
  };
}
