import type { Cell, PathQuery, PlannedAggregate } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { ALL_PERSONS } from '../layouts/index.ts';
import { droppingBroken, openPath, type PrintedPath } from './open-path.ts';
import { ReadTally } from './read-tally.ts';
import type { RunPlace } from './run-place.ts';

/** What a path of an aggregation was printed as, and the layouts that it was chosen by. */
export interface PathRun extends Pick<PrintedPath, 'found' | 'persons'> {
  readonly aggregate: PlannedAggregate;
  readonly query: PathQuery;
  readonly maxRows: number;
}

/** The raw groups of a path, and what reading its layouts took. */
export interface PathRows {
  readonly rows: Cell[][];
  readonly shardCount: number;
  /** Rows of all its layouts. */
  readonly rowCount: number;
  readonly bytesRead: number;
  readonly peakMemoryBytes: number;
}

/**
 * Runs a path over its layouts; null when one of them has been removed since it was found, and the general program is to
 * run instead.
 *
 * @throws {SealBroken} when a file of a layout was altered: it is then gone, and the next question does without it
 */
export async function runOverLayouts(kitchen: Kitchen, run: PathRun, place: RunPlace): Promise<PathRows | null> {
  const path = { ...run, rows: run.aggregate.rows };
  return await droppingBroken(kitchen, path, place, async () => {
    const open = await openPath(kitchen, path, place);
    if (open === null) return null;
    try {
      const job = { ...open.jobOf(ALL_PERSONS), resultColumns: [...run.query.columns], maxRows: run.maxRows };
      const tally = new ReadTally();
      const rows = await kitchen.wall.runSharded(job, tally.watching(place.work.nextJob()));
      const { rowCount, bytesRead } = open.layouts;
      const { shardCount } = job;
      return { rows, shardCount, rowCount, bytesRead: bytesRead(), peakMemoryBytes: tally.peakMemoryBytes };
    } finally {
      await open.layouts.close();
    }
  });
}
