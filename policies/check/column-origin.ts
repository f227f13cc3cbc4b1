import type { TableView } from '../collaboration/table-view.ts';
import { type ColumnExpression, columnsIn, type Expression } from '../plan/expression.ts';
import type { QuestionScope } from './question-scope.ts';

/** What a column stands for: an owner's column, or what a subquery computes it from. */
export type ColumnOrigin =
  | { readonly kind: 'owned'; readonly view: TableView }
  /** `values` flow into the column; `conditions` only decide which of them do. */
  | {
      readonly kind: 'computed';
      readonly values: readonly Expression[];
      readonly conditions: readonly Expression[];
    }
  /** Released already, public, or a person. */
  | { readonly kind: 'free' };

const FREE: ColumnOrigin = { kind: 'free' };

/** Finds out where the values of a column come from, one step down. */
export function originOf(column: ColumnExpression, question: QuestionScope): ColumnOrigin {
  const input = question.source(column.relation)?.input;
  if (input === undefined || input.kind === 'public' || column.type.kind === 'person') return FREE;
  const index = 'columns' in input ? input.columns.findIndex((c) => c.name === column.column) : -1;
  switch (input.kind) {
    case 'table':
      return { kind: 'owned', view: input.view };
    case 'rows': {
      const expression = input.columns[index]?.expression;
      return expression === undefined ? FREE : { kind: 'computed', values: [expression], conditions: [] };
    }
    case 'union': {
      const values = input.branches.flatMap((b) => b.values[index] ?? []);
      return { kind: 'computed', values, conditions: [] };
    }
    default: {
      const key = input.keys.find((k) => k.name === column.column);
      if (key !== undefined) return { kind: 'computed', values: [key.expression], conditions: [] };
      const { of, by, when } = input.values.find((v) => v.name === column.column)?.aggregate ?? {};
      const conditions = [by, when].filter((e) => e !== null && e !== undefined);
      return { kind: 'computed', values: of ? [of] : [], conditions };
    }
  }
}

/** Every owner's table whose values flow into an expression, at any depth. */
export function viewsIn(e: Expression, question: QuestionScope): readonly TableView[] {
  return columnsIn(e).flatMap((column) => {
    const origin = originOf(column, question);
    if (origin.kind === 'owned') return [origin.view];
    if (origin.kind === 'free') return [];
    return [...origin.values, ...origin.conditions].flatMap((part) => viewsIn(part, question));
  });
}
