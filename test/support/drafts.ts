import { type Expression, type PlannedAggregate, planQuestion, type TableView } from '../../policies/index.ts';

type AggregateDraft = Pick<PlannedAggregate, 'rows' | 'tables' | 'keys' | 'statistics' | 'measures'>;
type GroupKey = AggregateDraft['keys'][number];
type Statistic = AggregateDraft['statistics'][number];

/** A column of the source `ref`. */
export function columnOf(ref: string, name: string, view: TableView): Expression {
  const type = view.columns.find((c) => c.name === name)?.type;
  if (type === undefined) throw new Error(`no column ${name}`);
  return { kind: 'column', relation: ref, column: name, type, at: null };
}

/** Rows of tables joined on the person, as `t0`, `t1`… */
export function rowsOfTables(...views: readonly TableView[]): Pick<AggregateDraft, 'rows' | 'tables'> {
  const tables = views.map((view, index) => ({ ref: `t${index}`, view }));
  const sources = tables.map(({ ref, view }) => {
    return { ref, how: 'inner' as const, input: { kind: 'table' as const, view }, on: [] };
  });
  return { rows: { sources, filters: [] }, tables };
}

/** A key that is an expression as it is. */
export function keyOf(expression: Expression, values: GroupKey['values'] = null): GroupKey {
  return { expression, type: expression.type, values };
}

/** An aggregation of statistics, each asked for by itself: for tests of mechanisms, which no SQL needs to reach. */
export function draftOf(
  views: readonly TableView[],
  keys: readonly GroupKey[],
  statistics: readonly Statistic[],
  measures: AggregateDraft['measures'] = [],
): AggregateDraft {
  return { ...rowsOfTables(...views), keys, statistics: [{ kind: 'persons' }, ...statistics], measures };
}

/** Plans one aggregation. */
export function planDraft(draft: AggregateDraft, epsilon = 1): PlannedAggregate {
  const query = { sql: '', aggregates: [draft], outer: null } as unknown as Parameters<typeof planQuestion>[0];
  const [aggregate] = planQuestion(query, { epsilon, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) throw new Error('no aggregation');
  return aggregate;
}
