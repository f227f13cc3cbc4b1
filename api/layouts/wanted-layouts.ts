import { type LayoutSpec, layoutsOf, printLayout, type TableView } from '../../policies/index.ts';
import {
  newestSnapshots,
  type PinnedPersons,
  preparePersons,
  rowCountOf,
  type TableSnapshot,
} from '../datasets/index.ts';
import { beginWork, type Kitchen } from '../kitchen/index.ts';
import { type LayoutSource, layoutName } from './layout-record.ts';
import { shardsFor } from './shard-index.ts';

/** Longest time to name the persons of all tables of a collaboration and to count their rows. */
const MAX_PREPARING_MS = 3_600_000;

/** A layout that should be there, by the name it would have. */
export interface WantedLayout extends LayoutSource {
  readonly name: string;
  /** Rows of the table that its own are taken from, before any is left out. */
  readonly rowCount: number;
  /** In how many parts its persons are to be cut: those of all tables alike, as a run reads them together. */
  readonly cut: number;
}

/** All layouts that a collaboration should have as its tables stand now. */
export async function wantedLayouts(
  kitchen: Kitchen,
  collaborationId: string,
  { views, signal }: { readonly views: readonly TableView[]; readonly signal: AbortSignal },
): Promise<readonly WantedLayout[]> {
  const { enabled, minRows } = kitchen.config.layout;
  const specs = enabled ? layoutsOf(views) : [];
  if (specs.length === 0) return [];
  const found = await newestSnapshots(
    kitchen,
    collaborationId,
    specs.flatMap((spec) => viewsOf(spec).map(({ datasetId }) => datasetId)),
  );
  const rows = new Map<string, number>();
  for (const snapshot of found.values()) rows.set(snapshot.datasetId, await rowCountOf(kitchen, snapshot));
  const large = specs.filter((spec) => {
    const isThere = viewsOf(spec).every(({ datasetId }) => found.has(datasetId));
    return isThere && (rows.get(spec.base.table.datasetId) ?? 0) >= minRows;
  });
  if (large.length === 0) return [];
  const cut = shardsFor(Math.max(...large.map((spec) => rows.get(spec.base.table.datasetId) ?? 0)));
  const used = new Map(large.flatMap((spec) => viewsOf(spec).map((view) => [view.datasetId, view])));
  const snapshots = [...used.keys()].map((id) => found.get(id) as TableSnapshot);
  const work = beginWork({ lane: '', maxMs: MAX_PREPARING_MS, signal });
  const persons = await preparePersons(kitchen, collaborationId, snapshots, work);
  const wanted: WantedLayout[] = [];
  for (const spec of large) {
    const source = sourceOf(spec, found, persons);
    const rowCount = rows.get(takenFrom(spec).datasetId) ?? 0;
    wanted.push({ ...source, name: layoutName(kitchen, collaborationId, source), rowCount, cut });
  }
  return wanted;
}

/** What the bound tables of a collaboration hold now. */
export async function contentsOf(
  kitchen: Kitchen,
  collaborationId: string,
  views: readonly TableView[],
): Promise<ReadonlySet<string>> {
  if (views.length === 0) return new Set();
  const ids = views.map(({ datasetId }) => datasetId);
  const found = await newestSnapshots(kitchen, collaborationId, ids);
  return new Set([...found.values()].map(({ contentId }) => contentId));
}

/** What a layout is made of where its tables stand at these snapshots. */
export function sourceOf(
  spec: LayoutSpec,
  snapshots: ReadonlyMap<string, TableSnapshot>,
  persons: PinnedPersons,
): LayoutSource {
  const own = viewsOf(spec).map(({ datasetId }) => snapshots.get(datasetId) as TableSnapshot);
  return { spec, printed: printLayout(spec), snapshots: own, persons };
}

/** The tables of a layout, the one beside it last. */
export function viewsOf({ base }: LayoutSpec): readonly TableView[] {
  return base.matched === null ? [base.table] : [base.table, base.matched];
}

/** The table each row of which gives a layout one row at most. */
function takenFrom({ base, form }: LayoutSpec): TableView {
  return form === 'beside' && base.matched !== null ? base.matched : base.table;
}
