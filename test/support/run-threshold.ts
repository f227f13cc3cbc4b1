import {
  type Cell,
  checkQuestion,
  type EarlierGroups,
  earlierGroupsOf,
  isThreshold,
  ofSnapshots,
  planThreshold,
  printComparison,
  printThreshold,
  protectThreshold,
  RawThresholdGroups,
  type Release,
  type TableView,
  type ThresholdAggregate,
  type Violation,
} from '../../policies/index.ts';
import { readSql, runSql } from './engine.ts';
import { loadTable, type TestRows } from './load-table.ts';
import { runnable, scoringFunctions } from './scoring.ts';

/** What questions are checked with. */
const OPTIONS = { epsilon: 0, omitIntervals: false, mode: 'threshold', functions: scoringFunctions } as const;

/** The salt of bounding in tests; any number does. */
const TEST_SALT = 20_111_111n;

/** Every violation of a question in threshold mode, or its aggregations. */
export async function thresholdVerdict(
  sql: string,
  tables: readonly TableView[],
): Promise<{ readonly violations: readonly Violation[]; readonly aggregates: readonly ThresholdAggregate[] }> {
  const read = await readSql(sql);
  if (!read.ok) return { violations: read.violations, aggregates: [] };
  const checked = checkQuestion(read.value, tables, OPTIONS);
  if (!checked.ok) return { violations: checked.violations, aggregates: [] };
  return { violations: [], aggregates: planThreshold(checked.value).aggregates.filter(isThreshold) };
}

/** A collaboration in threshold mode without the service around it: tables by snapshot, and what has left before. */
export class ThresholdGame {
  readonly #view: TableView;
  readonly #earlier: EarlierGroups[] = [];
  #snapshot = 0;

  constructor(view: TableView) {
    this.#view = view;
  }

  /** Publishes a new snapshot of the table; older ones stay, as in the service. */
  async load(rows: TestRows): Promise<void> {
    this.#snapshot += 1;
    await loadTable({ ...this.#view, alias: `${this.#view.alias} of s${this.#snapshot}` }, rows);
  }

  /** Asks a question of one aggregation: its rows without the empty intervals, keys first, and its note. */
  async ask(sql: string): Promise<{ readonly rows: readonly (readonly Cell[])[]; readonly suppressed: number | null }> {
    const { release, aggregate } = await this.#release(sql);
    const values = (row: readonly Cell[]) =>
      row.filter((_, i) => i < aggregate.keys.length || (i - aggregate.keys.length) % 3 === 0);
    return {
      rows: release.rows.map((row) => values(row).map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell))),
      suppressed: release.threshold?.suppressedPersons ?? null,
    };
  }

  async #release(sql: string): Promise<{ release: Release; aggregate: ThresholdAggregate }> {
    const { violations, aggregates } = await thresholdVerdict(sql, [this.#view]);
    const [aggregate] = aggregates;
    if (aggregate === undefined) throw new Error(violations.map((v) => `${v.rule}: ${v.message}`).join('\n'));
    const snapshots = new Map([[this.#view.datasetId, { snapshotId: `s${this.#snapshot}` }]]);
    const named = ofSnapshots(aggregate, snapshots);
    const rows = await cellsOf(runnable(printThreshold(named)));
    const comparisons: (readonly (readonly Cell[])[])[] = [];
    for (const earlier of this.#earlier) comparisons.push(await cellsOf(runnable(printComparison(named, earlier))));
    const release = protectThreshold(aggregate, RawThresholdGroups.read(aggregate, rows, comparisons));
    if (release.rows.length > 0) this.#earlier.push(earlierGroupsOf(aggregate, snapshots));
    return { release, aggregate };
  }
}

async function cellsOf(sql: string): Promise<readonly (readonly Cell[])[]> {
  const rows = await runSql(sql, [TEST_SALT]);
  return rows.map((row) => row.map((cell) => (isCell(cell) ? cell : String(cell))));
}

function isCell(value: unknown): value is Cell {
  return value === null || ['string', 'bigint', 'boolean'].includes(typeof value);
}
