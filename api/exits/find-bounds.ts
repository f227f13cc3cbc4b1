import {
  boundedBy,
  columnsNeeded,
  foundBounds,
  MAX_BOUNDS_ROWS,
  type PlannedAggregate,
  type PlannedBounds,
  printBounds,
  protectBounds,
  RawGroups,
  type Release,
  type UnitBounds,
} from '../../policies/index.ts';
import { neededTables, openTables, preparePersons, saltOf } from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { readStored, storeOnce } from './release-store.ts';
import { releaseKey } from './run-aggregate.ts';
import type { RunPlace } from './run-place.ts';

/**
 * The aggregation with its bounds: those that are stored, or that are found now and stored before anything follows from
 * them. The same bounds answer every later question of the same value, as long as the snapshots are the same.
 *
 * @throws {WallError} of one kind for every cause
 */
export async function withBounds(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  place: RunPlace,
): Promise<PlannedAggregate> {
  const found: UnitBounds[] = [];
  for (const bounds of aggregate.bounds) found.push(await boundsOnce(kitchen, bounds, place));
  return boundedBy(aggregate, found);
}

/** The bounds of an aggregation that has run, as they are stored; none where it had none to be found. */
export async function readBounds(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  place: RunPlace,
): Promise<readonly UnitBounds[]> {
  const found: UnitBounds[] = [];
  for (const bounds of aggregate.bounds) {
    const stored = await readStored(kitchen, releaseKey(bounds, place));
    if (stored !== undefined) found.push(foundBounds(bounds, stored));
  }
  return found;
}

async function boundsOnce(kitchen: Kitchen, bounds: PlannedBounds, place: RunPlace): Promise<UnitBounds> {
  const facts = { key: releaseKey(bounds, place), collaborationId: place.collaborationId };
  return foundBounds(bounds, await storeOnce(kitchen, facts, () => runBounds(kitchen, bounds, place)));
}

async function runBounds(kitchen: Kitchen, bounds: PlannedBounds, place: RunPlace): Promise<Release> {
  const { collaborationId, snapshots, work } = place;
  const { sql, columns, functions } = printBounds(bounds);
  const needed = columnsNeeded(bounds);
  const persons = await preparePersons(kitchen, collaborationId, neededTables(needed, snapshots), work);
  const tables = openTables(kitchen, collaborationId, needed, { snapshots, persons });
  const parameters = [saltOf(kitchen, collaborationId)];
  const job = {
    tables,
    functions: await openFunctions(kitchen, collaborationId, functions),
    sql,
    parameters,
    resultColumns: [...columns],
    maxRows: MAX_BOUNDS_ROWS,
  };
  const rows = await kitchen.wall.run(job, work.nextJob());
  return protectBounds(bounds, RawGroups.readBins(rows), kitchen.bits);
}
