// A path over layouts counts the same as the general program: it is another way of reading the same rows.
import { type Cell, type PathQuery, type PathTable, type PlannedAggregate, tableName } from '../../policies/index.ts';
import type { ShardedTable } from '../../sandbox/index.ts';
import { openTable, type PinnedPersons, saltOf } from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { dropLayouts, type FoundLayout, type OpenLayouts, openLayouts } from '../layouts/index.ts';
import { KeyDestroyed, SealBroken } from '../vault/index.ts';
import { layoutSelection } from './layout-selection.ts';
import { ReadTally } from './read-tally.ts';
import type { RunPlace } from './run-place.ts';

/** What a path was printed as, and the layouts that it was chosen by. */
export interface PathRun {
  readonly aggregate: PlannedAggregate;
  readonly query: PathQuery;
  readonly found: readonly FoundLayout[];
  readonly persons: PinnedPersons;
  readonly maxRows: number;
}

/** The raw groups of a path, and what reading its layouts took. */
export interface PathRows extends Pick<OpenLayouts, 'shardCount' | 'rowCount'> {
  readonly rows: Cell[][];
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
  const { collaborationId, work } = place;
  const named = run.query.tables.flatMap((table) => {
    if (table.kind !== 'layout') return [];
    const layout = run.found.find(({ spec }) => spec === table.spec);
    // INVARIANT: a path reads what it was chosen by.
    if (layout === undefined) throw new Error('a path reads a layout that was not found');
    return [[table, layout] as const];
  });
  const used = named.map(([, layout]) => layout);
  let open: OpenLayouts | null = null;
  try {
    open = await openLayouts(kitchen, named).catch(orNullWhenGone);
    if (open === null) return null;
    const { functions, sql, columns, isSideBySide = false } = run.query;
    const { isOverWhole } = open;
    const job = {
      shardCount: open.shardCount,
      tables: [
        ...open.tables.map((table, at) => selected(run, table, named[at]?.[0])),
        ...publicTables(kitchen, run, place),
      ],
      functions: await openFunctions(kitchen, collaborationId, functions),
      steps: run.query.steps.map(({ isOver = false, ...step }) => ({ ...step, isOnce: isOver && isOverWhole })),
      sql,
      isSideBySide,
      parameters: [saltOf(kitchen, collaborationId)],
      resultColumns: [...columns],
      maxRows: run.maxRows,
    };
    const tally = new ReadTally();
    const rows = await kitchen.wall.runSharded(job, tally.watching(work.nextJob()));
    const { shardCount, rowCount } = open;
    return { rows, shardCount, rowCount, bytesRead: open.bytesRead(), peakMemoryBytes: tally.peakMemoryBytes };
  } catch (cause) {
    // Whoever finds it broken again would fail again: it is made anew instead.
    if (cause instanceof SealBroken)
      await dropLayouts(
        kitchen,
        collaborationId,
        used.map(({ row }) => row.layout_id),
      );
    throw cause;
  } finally {
    await open?.close();
  }
}

function selected(run: PathRun, table: ShardedTable, named: PathTable | undefined): ShardedTable {
  const selection = named?.kind === 'layout' ? layoutSelection(run.aggregate, named) : undefined;
  return selection === undefined ? table : { ...table, selection };
}

/** Tables without persons are given whole. */
function publicTables(kitchen: Kitchen, { query, persons }: PathRun, place: RunPlace): readonly ShardedTable[] {
  return query.tables.flatMap((table): ShardedTable[] => {
    if (table.kind !== 'public') return [];
    const snapshot = place.snapshots.get(table.view.datasetId);
    if (snapshot === undefined) throw new Error(`table \`${tableName(table.view)}\` has no snapshot`);
    const of = { name: table.name, columns: new Set(table.columns), snapshot, persons };
    const { name, columns } = openTable(kitchen, place.collaborationId, of);
    return [
      { name, columns: columns.map(({ chunks, ...column }) => ({ ...column, chunksOf: chunks })), isWhole: true },
    ];
  });
}

/** Layouts are removed at any moment, with their key when their dataset is erased. */
function orNullWhenGone(cause: unknown): null {
  const isGone = cause instanceof KeyDestroyed || (cause as NodeJS.ErrnoException).code === 'ENOENT';
  if (isGone) return null;
  throw cause;
}
