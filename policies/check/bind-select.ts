import type { Expression } from '../plan/expression.ts';
import type { SourceOffset, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate } from './aggregate-names.ts';
import { bindAggregation } from './bind-aggregation.ts';
import { bindExpression, condition } from './bind-expression.ts';
import { addConditions, bindFrom, checkJoined, checkJoinSize } from './bind-from.ts';
import { bindReleased } from './bind-released.ts';
import { checkFilter } from './permissions.ts';
import type { BoundFrom, BoundQuery, CteScope, QuestionScope } from './question-scope.ts';
import { bindItem } from './select-items.ts';

/** Resolves one SELECT; `null` when its FROM could not be. */
export function bindSelect(select: SyntaxSelect, outer: CteScope, question: QuestionScope): BoundQuery | null {
  question.countParts(1);
  const ctes = withCtes(select, outer);
  if (select.from === null) {
    const instead = 'name a table of the collaboration after FROM';
    question.violate('syntax-is-known', { construct: 'SELECT without FROM', instead }, firstPlace(select));
    return null;
  }
  const from = bindFrom(select.from, { ctes, question, bindSelect });
  if (from === null) return null;
  if (from.kind === 'released') return { kind: 'released', select: bindReleased(select, from, question) };
  const rows = bindWhere(select, from, question);
  return isAggregation(select)
    ? { kind: 'released', select: bindAggregation(select, rows, question) }
    : bindRows(select, rows, question);
}

/** The WITH names of a SELECT, each seeing the ones before it. */
function withCtes(select: SyntaxSelect, outer: CteScope): CteScope {
  let scope = outer;
  for (const { name, query } of select.ctes) scope = new Map([...scope, [name, { query, scope }]]);
  return scope;
}

function bindWhere(
  select: SyntaxSelect,
  from: Extract<BoundFrom, { kind: 'protected' }>,
  question: QuestionScope,
): Extract<BoundFrom, { kind: 'protected' }> {
  const filtered =
    select.where === null
      ? from
      : addConditions(from, [
          condition(question, bindExpression(select.where, { question, relations: from.relations })),
        ]);
  for (const filter of filtered.filters) checkFilter(filter, filtered.tables, question);
  checkJoined(filtered, fromPlace(select), question);
  checkJoinSize(filtered, fromPlace(select), question);
  return filtered;
}

function isAggregation(select: SyntaxSelect): boolean {
  const hasKeys = select.groupBy === 'all' || select.groupBy.length > 0;
  return hasKeys || select.having !== null || select.items.some((i) => containsAggregate(i.expression));
}

function bindRows(
  select: SyntaxSelect,
  from: Extract<BoundFrom, { kind: 'protected' }>,
  question: QuestionScope,
): BoundQuery {
  const clauses = [
    // Not passed over: the rows would be counted as if nobody had asked for distinct ones.
    ...(select.distinct ? ['DISTINCT'] : []),
    ...(select.orderBy.length > 0 ? ['ORDER BY'] : []),
    ...(select.limit !== null || select.offset !== null ? ['LIMIT'] : []),
  ];
  for (const clause of clauses) question.violate('limit-is-after-release', { clause }, firstPlace(select));
  const columns = new Map<string, Expression>();
  for (const item of select.items) {
    for (const [name, expression] of bindItem(item, from.relations, question)) {
      if (!columns.has(name)) columns.set(name, expression);
    }
  }
  return { kind: 'rows', from, columns };
}

/** Where a SELECT begins, as near as the grammar tells. */
function firstPlace(select: SyntaxSelect): SourceOffset {
  return select.items[0]?.expression.at ?? null;
}

function fromPlace(select: SyntaxSelect): SourceOffset {
  return select.from?.at ?? firstPlace(select);
}
