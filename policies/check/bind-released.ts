import type { Expression } from '../plan/expression.ts';
import { sizeOf } from '../plan/expression-size.ts';
import type { OuterItem, OuterSelect } from '../plan/outer-query.ts';
import type { SyntaxExpression, SyntaxItem, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate, containsWindow } from './aggregate-names.ts';
import { condition } from './bind-expression.ts';
import { bindReleasedExpression } from './bind-released-expression.ts';
import { checkOuter } from './check-outer.ts';
import type { QuestionScope, ReleasedScope } from './question-scope.ts';
import {
  columnsOfStar,
  distinctNames,
  intervalEndsIn,
  lookUpReleased,
  type NamedColumn,
  withItsInterval,
} from './released-columns.ts';
import type { ReleasedFrom } from './released-relation.ts';
import { nameOf } from './select-items.ts';

/** What a query over released values is resolved with, beside its own tables. */
export type ReleasedWorld = Omit<ReleasedScope, 'relations' | 'answer'>;

/** Resolves a SELECT over released tables, or over nothing: windows, joins, order and limits are all free there. */
export function bindReleased(select: SyntaxSelect, from: ReleasedFrom | null, world: ReleasedWorld): OuterSelect {
  const { question } = world;
  const scope = scopeOf(select, from, world);
  const bind = (node: SyntaxExpression): Expression => bindReleasedExpression(node, scope);
  const bindCondition = (node: SyntaxExpression | null): Expression | null =>
    node === null ? null : condition(question, bind(node));
  const written = select.items.flatMap((item) => bindReleasedItem(item, from, question, bind));
  const shown = distinctNames(isGrouped(select) || select.distinct ? written : withIntervals(written, from));
  const items = shown.map(({ name, expression, isIntervalEnd }): OuterItem => {
    return isIntervalEnd ? { name, expression, isIntervalEnd } : { name, expression };
  });
  const outer: OuterSelect = {
    kind: 'select',
    distinct: select.distinct,
    items,
    from: from?.from ?? null,
    where: bindCondition(select.where),
    groupBy: groupKeys(select, from, question, bind),
    groupingSets: select.groupingSets,
    having: bindCondition(select.having),
    qualify: bindCondition(select.qualify),
    orderBy: select.orderBy.map((o) => ({
      expression: atPosition(o.expression, written, question) ?? bind(o.expression),
      descending: o.descending,
      nulls: o.nulls,
    })),
    limit: select.limit,
    offset: select.offset,
  };
  checkOuter(outer, question);
  return outer;
}

/** The names a SELECT sees: its tables' columns, then the names of its own select list. */
function scopeOf(select: SyntaxSelect, from: ReleasedFrom | null, world: ReleasedWorld): ReleasedScope {
  const relations = from?.relations ?? [];
  const resolving = new Set<SyntaxItem>();
  const scope: ReleasedScope = {
    ...world,
    relations,
    answer: (node) => {
      if (node.kind !== 'column' || node.path.length !== 1) return null;
      if (lookUpReleased(node.path, relations).length > 0) return null;
      const item = select.items.find((i) => i.alias === node.path[0]);
      // A name that stands for itself stands for nothing.
      if (item === undefined || resolving.has(item)) return null;
      resolving.add(item);
      const resolved = bindReleasedExpression(item.expression, scope);
      resolving.delete(item);
      return resolved;
    },
  };
  return scope;
}

function isGrouped(select: SyntaxSelect): boolean {
  const hasKeys = select.groupBy === 'all' || select.groupBy.length > 0 || select.groupingSets !== null;
  return hasKeys || select.having !== null || select.items.some((i) => containsAggregate(i.expression));
}

function bindReleasedItem(
  item: SyntaxItem,
  from: ReleasedFrom | null,
  question: QuestionScope,
  bind: (node: SyntaxExpression) => Expression,
): readonly NamedColumn[] {
  const { expression } = item;
  if (expression.kind !== 'star') return [{ name: item.alias ?? nameOf(expression), expression: bind(expression) }];
  const columns = columnsOfStar(expression.relation, from?.relations ?? []);
  if (columns.length === 0) {
    const known = (from?.relations ?? []).flatMap((r) => r.name ?? []);
    const column = expression.relation === null ? '*' : `${expression.relation}.*`;
    question.violate('column-is-known', { column, columns: known }, expression.at);
  }
  const ends = intervalEndsIn(from?.from ?? null);
  return columns.map(([name, e]) => {
    question.countParts(sizeOf(e));
    const isIntervalEnd = e.kind === 'column' && ends.has(`${e.relation}.${e.column}`);
    return { name, expression: { ...e, at: expression.at }, ...(isIntervalEnd ? { isIntervalEnd } : {}) };
  });
}

/** A column that is shown as it is brings the ends of its interval along, unless they are shown already. */
function withIntervals(columns: readonly NamedColumn[], from: ReleasedFrom | null): readonly NamedColumn[] {
  const ends = intervalEndsIn(from?.from ?? null);
  const shown = new Set(columns.map((c) => c.name));
  return columns.flatMap((column) => {
    const all = withItsInterval(column, ends);
    return all.some((c) => c.isIntervalEnd && shown.has(c.name)) ? [column] : all;
  });
}

function groupKeys(
  select: SyntaxSelect,
  from: ReleasedFrom | null,
  question: QuestionScope,
  bind: (node: SyntaxExpression) => Expression,
): readonly Expression[] {
  if (select.groupBy !== 'all') return select.groupBy.map((key) => bind(resolveKey(key, select, question)));
  return select.items
    .filter((i) => !containsAggregate(i.expression) && !containsWindow(i.expression))
    .flatMap((i) => bindReleasedItem(i, from, question, bind).map((c) => c.expression));
}

/** GROUP BY may name a column, an alias of the select list, or its position. */
export function resolveKey(key: SyntaxExpression, select: SyntaxSelect, question: QuestionScope): SyntaxExpression {
  if (key.kind === 'literal' && key.value.type === 'integer') {
    const item = select.items[Number(key.value.value) - 1];
    if (item !== undefined) return item.expression;
    const instead = `name a position from 1 to ${select.items.length}`;
    question.violate('syntax-is-known', { construct: `GROUP BY ${key.value.value}`, instead }, key.at);
  }
  return key;
}

/** ORDER BY may name a position or a name of the select list. */
export function atPosition(
  key: SyntaxExpression,
  items: readonly { readonly name: string; readonly expression: Expression }[],
  question?: QuestionScope,
): Expression | null {
  if (key.kind === 'literal' && key.value.type === 'integer') {
    const item = items[Number(key.value.value) - 1];
    const instead = `name a position from 1 to ${items.length}`;
    const construct = `ORDER BY ${key.value.value}`;
    if (item === undefined) question?.violate('syntax-is-known', { construct, instead }, key.at);
    return item?.expression ?? null;
  }
  if (key.kind === 'column' && key.path.length === 1) {
    return items.find((i) => i.name === key.path[0])?.expression ?? null;
  }
  return null;
}
