// Which path would count an aggregation when its layouts are there and the data is as declared: from declared facts alone,
// so that who asks learns nothing of anybody's rows.
import {
  boundedByNothing,
  type CheckedAudience,
  choosePath,
  chooseSelection,
  isThreshold,
  layoutName,
  layoutsOf,
  type MostRows,
  type PlannedAggregate,
  printPath,
  printSelection,
  printThresholdPath,
  type SelectionPath,
  type SelectionQuery,
  type StoredLayout,
  type TableView,
  tableName,
} from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import { rowCountOf } from '../datasets/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { PathKind } from '../layouts/index.ts';
import type { Prepared } from './prepare.ts';

/** The paths that persons are selected by. */
type SelectionKind = 'general' | SelectionPath['kind'];

/**
 * The processor's time of each path as a share of the general program's: the median over the questions of `npm run bench`
 * that take it, over twenty million made-up events, both programs in turns in one bare engine. Between questions of one path
 * they differ by up to a factor of ten (planned: 0.005 to 0.06; sharded: 0.27 to 0.51). They rank the paths and promise nothing.
 */
const COST_RATIOS: Readonly<Record<PathKind, number>> = { general: 1, sharded: 0.5, streamed: 0.17, planned: 0.01 };

/** Why no cheaper path counts it, in words that hold whatever the data. */
const OBSTACLES: Readonly<Record<PathKind, string>> = {
  general: 'it reads tables in a way that no layout keeps, for example two tables of several rows a person each',
  sharded:
    'its groups are not one planned set of keys, pairs of a person and a group do not hold what it counts, it asks for rows ' +
    'of certain values, or it joins a third table of persons',
  streamed: 'a condition looks at single rows, which pairs of a person and a group do not hold',
  planned: '',
};
const SWITCHED_OFF = 'the operator has switched layouts off';
const SWITCHED_OFF_PATH = { path: 'general', layouts: [], costRatio: COST_RATIOS.general, obstacle: SWITCHED_OFF };
const EXACT = 'comparing an exact aggregation with earlier ones reads the tables as they were handed in';

/** The same of who is in an audience; pairs by a planned set are three quarters of those rows. */
const SELECTION_RATIOS: Readonly<Record<SelectionKind, number>> = { general: 1, sharded: 0.02, planned: 0.02 };
const SELECTION_OBSTACLES: Readonly<Record<SelectionKind, string>> = {
  general: OBSTACLES.general,
  sharded:
    'it looks at single rows, or counts them: pairs of a person and a planned set of group keys have those keys alone',
  planned: '',
};

/** How each aggregation of a question would be counted. */
export async function layoutPaths(
  kitchen: Kitchen,
  { principal }: Pick<Call, 'principal'>,
  prepared: Prepared,
): Promise<queries.LayoutPath[]> {
  const paths: queries.LayoutPath[] = [];
  const { snapshots } = prepared;
  for (const aggregate of prepared.plan.aggregates) {
    const views = aggregate.tables.map(({ view }) => view);
    const ownRows = await ownRowsOf(kitchen, principal.member, { views, snapshots });
    paths.push({ ...declaredPath(kitchen, prepared, aggregate), ownRows: BigInt(ownRows) });
  }
  return paths;
}

function declaredPath(
  kitchen: Kitchen,
  { mode }: Prepared,
  aggregate: PlannedAggregate,
): Omit<queries.LayoutPath, 'ownRows'> {
  if (!kitchen.config.layout.enabled) return SWITCHED_OFF_PATH;
  const views = aggregate.tables.map(({ view }) => view);
  const stored = declaredLayouts(views);
  const most = new Map(views.map((view) => [tableName(view), view.rules.rowsPerPerson]));
  const { kind, query } = isThreshold(aggregate)
    ? (printThresholdPath(aggregate, most, stored) ?? GENERAL)
    : printedPath(aggregate, most, stored);
  const layouts = layoutsIn(query);
  const obstacles = [OBSTACLES[kind], mode === 'threshold' ? EXACT : ''].filter((why) => why !== '');
  return { path: kind, layouts, obstacle: obstacles.join('; '), costRatio: COST_RATIOS[kind] };
}

/** How the persons of an audience are selected, once its layouts are ready. */
export async function selectionPath(
  kitchen: Kitchen,
  { principal }: Pick<Call, 'principal'>,
  { checked, snapshots }: { readonly checked: CheckedAudience; readonly snapshots: Prepared['snapshots'] },
): Promise<queries.LayoutPath> {
  const views = checked.tables.map(({ view }) => view);
  const ownRows = BigInt(await ownRowsOf(kitchen, principal.member, { views, snapshots }));
  if (!kitchen.config.layout.enabled) return { ...SWITCHED_OFF_PATH, ownRows };
  const path = chooseSelection(checked, declaredLayouts(views));
  const kind = path?.kind ?? 'general';
  const layouts = layoutsIn(path && printSelection(checked, path));
  return { path: kind, layouts, obstacle: SELECTION_OBSTACLES[kind], costRatio: SELECTION_RATIOS[kind], ownRows };
}

/** All that the declared facts allow. */
function declaredLayouts(views: readonly TableView[]): readonly StoredLayout[] {
  return layoutsOf(views).map((spec) => ({ spec, codes: textsOf(spec.base) }));
}

function layoutsIn(query: SelectionQuery | null): string[] {
  return (query?.tables ?? []).flatMap((t) => (t.kind === 'layout' ? [layoutName(t.spec)] : []));
}

const GENERAL = { kind: 'general', query: null } as const;

function printedPath(aggregate: PlannedAggregate, most: MostRows, stored: readonly StoredLayout[]) {
  // Bounds that are found change what is clamped, and not which path there is.
  const bounded = boundedByNothing(aggregate);
  const path = choosePath(bounded, most, stored);
  return { kind: path.kind, query: printPath(bounded, path) };
}

/** All texts are codes: whether one stays text follows from its values. */
function textsOf({ table, matched }: { readonly table: TableView; readonly matched: TableView | null }) {
  const columns = [...table.columns, ...(matched?.columns ?? [])];
  return new Set(columns.flatMap(({ name, type }) => (type.kind === 'text' ? [name] : [])));
}

/** Rows of the asker's own tables: how many a brand has is not for whoever asks in its name. */
async function ownRowsOf(
  kitchen: Kitchen,
  member: string,
  { views, snapshots }: { readonly views: readonly TableView[]; readonly snapshots: Prepared['snapshots'] },
): Promise<number> {
  const own = new Set(views.flatMap((view) => (view.member === member ? [view.datasetId] : [])));
  let rows = 0;
  for (const id of own) {
    const snapshot = snapshots.get(id);
    if (snapshot !== undefined) rows += await rowCountOf(kitchen, snapshot);
  }
  return rows;
}
