import { openWall, type Wall } from '../../sandbox/index.ts';
import { openAuthorizer } from '../authorize/index.ts';
import type { Config } from '../config/index.ts';
import type { OperatorLog } from '../grpc/index.ts';
import { openReceiptKey } from '../keys/index.ts';
import { openVault } from '../vault/index.ts';
import { Changes } from './changes.ts';
import { readDecidingCode } from './deciding-code.ts';
import { keepingTrees } from './kept-trees.ts';
import type { Kitchen } from './kitchen.ts';
import { openCellar } from './open-cellar.ts';
import { openSystemBits } from './system-bits.ts';

/**
 * Where questions are read: one place a member. A reading takes milliseconds unless it is meant to take long; then it
 * takes as many hostile members as there are places to keep the others waiting. Two spares: the text and the probe.
 * Neither has a table to load.
 */
const READING_PLACES = { spareCount: 2, maxRunning: 4, maxRunningPerLane: 1, engine: 'reading' } as const;

/**
 * Where uploads are received. No spare: a start is nothing beside an upload. Twice the places of questions, as most of an
 * upload is waiting for its sender.
 */
const RECEIVING_PLACES = { spareCount: 0, maxRunning: 8, maxRunningPerLane: 2, engine: 'cold' } as const;

/**
 * Where layouts are made: one at a time, beside the questions. No spare: it works for minutes, and mostly there is nothing to
 * make.
 */
const MAKING_PLACES = { spareCount: 0, maxRunning: 1, maxRunningPerLane: 1, engine: 'cold' } as const;

/** A kitchen and the way to close it. */
export interface OpenKitchen extends Kitchen {
  readonly close: () => Promise<void>;
}

/**
 * Opens everything a service works with, in the order in which a failure does least harm: what lies on the disk first.
 *
 * @throws {Error} naming what could not be opened; a wall with a missing denial is one of them
 */
export async function openKitchen(config: Config, operatorLog: OperatorLog): Promise<OpenKitchen> {
  const { log, logFailed, logVerifierKey, logKeys, store, keyring, close } = await openCellar(config);
  const wall = await openWall(config.wall);
  if (wall.isForDevelopment) await warnOfDevelopment(wall, operatorLog);
  const reader = wall.apart(READING_PLACES);
  const receiver = wall.apart(RECEIVING_PLACES);
  const maker = wall.apart(MAKING_PLACES);
  return {
    config,
    store,
    vault: openVault(keyring),
    wall,
    reader: keepingTrees(reader),
    receiver,
    maker,
    changes: new Changes(),
    log,
    logFailed,
    logVerifierKey,
    logKeys,
    receiptKey: await openReceiptKey(config.dataDirectory, store),
    code: await readDecidingCode(),
    authorizer: await openAuthorizer(),
    operatorLog,
    bits: openSystemBits(),
    nowMs: Date.now,
    close: async () => {
      await reader.close();
      await receiver.close();
      await maker.close();
      // Last: the users of all workers are its own.
      await wall.close();
      await close();
    },
  };
}

// Said at each start, and by name: nobody shall find out later what a worker could have reached.
async function warnOfDevelopment(wall: Wall, operatorLog: OperatorLog): Promise<void> {
  const missing = (await wall.selfTest()).filter(({ holds }) => !holds).map(({ name }) => name);
  operatorLog.warn({ missing }, 'DEVELOPMENT WALL: made-up data only; workers are not kept from this machine');
}
