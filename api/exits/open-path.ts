// A path over layouts counts the same as the general program: it is another way of reading the same rows.
import { type PathTable, type Selection, type SelectionQuery, tableName } from '../../policies/index.ts';
import type { ShardedRunJob, ShardedTable } from '../../sandbox/index.ts';
import { openTable, type PinnedPersons, saltOf } from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { dropLayouts, type FoundLayout, type OpenLayouts, openLayouts, type PersonsPart } from '../layouts/index.ts';
import { KeyDestroyed, SealBroken } from '../vault/index.ts';
import { layoutSelection } from './layout-selection.ts';
import type { RunPlace } from './run-place.ts';

/** A path as it was printed, and what it reads. */
export interface PrintedPath {
  /** The rows as they are asked for: conditions in them leave stored rows outside. */
  readonly rows: Selection['rows'];
  readonly query: SelectionQuery;
  /** The layouts that it was chosen by. */
  readonly found: readonly FoundLayout[];
  readonly persons: PinnedPersons;
}

/** A path whose layouts are open. */
export interface OpenPath {
  readonly layouts: OpenLayouts;
  /** The job over a part of the persons; parts of all of them add up. */
  readonly jobOf: (part: PersonsPart) => Omit<ShardedRunJob, 'resultColumns' | 'maxRows'>;
}

/** Where a path runs. */
export type PathPlace = Pick<RunPlace, 'collaborationId' | 'snapshots'>;

type LayoutTable = Extract<PathTable, { kind: 'layout' }>;

/**
 * Opens the layouts of a path; null when one of them has been removed since it was found, and the general program is to
 * run instead. Whoever opens them closes them.
 *
 * @throws {SealBroken}
 */
export async function openPath(kitchen: Kitchen, path: PrintedPath, place: PathPlace): Promise<OpenPath | null> {
  const { collaborationId } = place;
  const { functions, sql } = path.query;
  const named = layoutsOf(path);
  const code = await openFunctions(kitchen, collaborationId, functions);
  const publics = publicTables(kitchen, path, place);
  const layouts = await openLayouts(kitchen, named).catch(orNullWhenGone);
  if (layouts === null) return null;
  return {
    layouts,
    jobOf: (part) => {
      const { tables, shardCount } = layouts.part(part);
      return {
        shardCount,
        tables: [...tables.map((table, at) => selected(path, table, named[at]?.[0])), ...publics],
        functions: code,
        steps: path.query.steps.map(({ isOver = false, ...step }) => ({
          ...step,
          isOnce: isOver && layouts.isOverWhole,
        })),
        sql,
        parameters: [saltOf(kitchen, collaborationId)],
      };
    },
  };
}

/**
 * Works over the layouts of a path. Where a file of one turns out to be altered they are gone afterwards: whoever found
 * them again would fail again, and they are made anew instead.
 *
 * @throws {SealBroken} when a file was altered: the next run does without it
 */
export async function droppingBroken<Result>(
  kitchen: Kitchen,
  path: PrintedPath,
  { collaborationId }: PathPlace,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const ids = layoutsOf(path).map(([, { row }]) => row.layout_id);
    if (cause instanceof SealBroken) await dropLayouts(kitchen, collaborationId, ids);
    throw cause;
  }
}

function layoutsOf({ query, found }: PrintedPath): readonly (readonly [LayoutTable, FoundLayout])[] {
  return query.tables.flatMap((table) => {
    if (table.kind !== 'layout') return [];
    const layout = found.find(({ spec }) => spec === table.spec);
    // INVARIANT: a path reads what it was chosen by.
    if (layout === undefined) throw new Error('a path reads a layout that was not found');
    return [[table, layout] as const];
  });
}

function selected({ rows }: PrintedPath, table: ShardedTable, named: LayoutTable | undefined): ShardedTable {
  const selection = named && layoutSelection({ rows }, named);
  return selection === undefined ? table : { ...table, selection };
}

/** Tables without persons are given whole. */
function publicTables(kitchen: Kitchen, { query, persons }: PrintedPath, place: PathPlace): readonly ShardedTable[] {
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
