import { readsOf } from '../plan/columns-needed.ts';
import type { Expression } from '../plan/expression.ts';
import { type OuterQuery, type OuterSelect, PLAIN_SELECT } from '../plan/outer-query.ts';
import { pruneRows } from '../plan/prune-rows.ts';
import { type AggregateDraft, INTERVAL_ENDINGS } from '../plan/question-tree.ts';
import { renamed } from '../plan/source-names.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import type { SyntaxSelect } from '../syntax/syntax-tree.ts';
import { AggregationBuilder } from './aggregation-builder.ts';
import { condition } from './bind-expression.ts';
import { atPosition, type ReleasedWorld } from './bind-released.ts';
import { finishedRows } from './bound-rows.ts';
import { checkOuter } from './check-outer.ts';
import { type BoundKey, bindKeys } from './group-keys.ts';
import { bindGroupingSets } from './grouping-sets.ts';
import { OutputLift } from './output-lift.ts';
import type { BoundRows } from './question-scope.ts';
import { distinctNames, type NamedColumn } from './released-columns.ts';
import type { RowBinding } from './row-binding.ts';
import { nameOf } from './select-items.ts';

/** What an aggregation weighs in the size of a question: each is a run of its own, with its share of the loss. */
const AGGREGATION_PARTS = 1_000;

/** What the clauses of an aggregation are resolved with: its rows below, released values above. */
export interface AggregationBinding extends RowBinding {
  readonly world: ReleasedWorld;
}

/**
 * Splits an aggregation over protected rows in two: what the engine counts, and a query over the released counts.
 *
 * Everything above the counts (arithmetic, windows, HAVING, ORDER BY, LIMIT) lands in the second half, where it is
 * free. Each grouping set is an aggregation of its own: it is counted, noised and charged by itself.
 */
export function bindAggregation(select: SyntaxSelect, from: BoundRows, binding: AggregationBinding): OuterQuery {
  const keys = bindKeys(select, from, binding);
  if (select.groupingSets === null) return bindSet(select, from, binding, { keys, active: keys.map((_, i) => i) });
  return bindGroupingSets(select, binding.question, (active) => {
    const alone = { ...select, orderBy: [], limit: null, offset: null };
    return bindSet(alone, from, binding, { keys, active });
  });
}

/** The keys of an aggregation, and which of them it groups by; the others are NULL. */
interface KeySet {
  readonly keys: readonly BoundKey[];
  readonly active: readonly number[];
}

function bindSet(
  select: SyntaxSelect,
  from: BoundRows,
  binding: AggregationBinding,
  { keys, active }: KeySet,
): OuterSelect {
  const { question, bind } = binding;
  question.countParts(AGGREGATION_PARTS);
  const index = question.reserveAggregate();
  const grouped = active.flatMap((i) => keys[i]?.key ?? []);
  const builder = new AggregationBuilder(from, question, { relation: `r${index}`, bind, keys: grouped });
  const lift = new OutputLift(select, from, binding, { keys, active, builder });
  // ORDER BY 2 means the second column as written: the ends of intervals come after.
  const items = distinctNames(
    select.items.map((i) => ({ name: i.alias ?? nameOf(i.expression), expression: lift.output(i.expression) })),
  );
  const outer: OuterSelect = {
    ...PLAIN_SELECT,
    distinct: select.distinct,
    items: withIntervals(items),
    from: { kind: 'release', index, alias: `r${index}` },
    where: select.having === null ? null : condition(question, lift.output(select.having)),
    qualify: select.qualify === null ? null : condition(question, lift.output(select.qualify)),
    orderBy: select.orderBy.map((o) => ({
      expression: atPosition(o.expression, items, question) ?? lift.output(o.expression),
      descending: o.descending,
      nulls: o.nulls,
    })),
    limit: select.limit,
    offset: select.offset,
  };
  question.setAggregate(
    index,
    draftOf(from, {
      keys: grouped,
      statistics: builder.statistics,
      measures: measuresOf(builder.measures, grouped.length),
    }),
  );
  checkOuter(outer, question);
  return outer;
}

/**
 * A release has a column at least: that of the grand total of a query that shows keys alone is its persons, shown to
 * nobody.
 */
function measuresOf(measures: AggregateDraft['measures'], keyCount: number): AggregateDraft['measures'] {
  return measures.length === 0 && keyCount === 0 ? [{ kind: 'count', statistic: 0 }] : measures;
}

/** What the engine counts, over the rows and with the columns that it takes. */
function draftOf(from: BoundRows, counted: Omit<AggregateDraft, 'rows' | 'tables'>): AggregateDraft {
  const rows = pruneRows(finishedRows(from), readsOf(counted));
  return renamed({ rows, tables: tablesIn(rows), ...counted });
}

/** Puts the ends of its 95 % interval after each column that is a released measure as it is. */
function withIntervals(items: readonly NamedColumn[]): OuterSelect['items'] {
  return distinctNames(
    items.flatMap(({ name, expression }): NamedColumn[] => {
      if (!isMeasure(expression)) return [{ name, expression }];
      const ends = Object.values(INTERVAL_ENDINGS).map((ending) => ({
        name: `${name}${ending}`,
        expression: { ...expression, column: `${expression.column}${ending}` },
        isIntervalEnd: true,
      }));
      return [{ name, expression }, ...ends];
    }),
  );
}

function isMeasure(e: Expression): e is Extract<Expression, { kind: 'column' }> {
  return e.kind === 'column' && /^m\d+$/.test(e.column);
}
