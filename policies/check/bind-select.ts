import type { Expression } from '../plan/expression.ts';
import type { SourceOffset, SyntaxCtes, SyntaxExpression, SyntaxQuery, SyntaxSelect } from '../syntax/syntax-tree.ts';
import { containsAggregate } from './aggregate-names.ts';
import { bindAggregation } from './bind-aggregation.ts';
import { bindExpression, condition } from './bind-expression.ts';
import { bindFrom } from './bind-from.ts';
import { bindPerPerson, isPerPerson } from './bind-per-person.ts';
import { bindReleased, type ReleasedWorld } from './bind-released.ts';
import { bindRowSubquery } from './bind-row-subquery.ts';
import { bindSetOperation } from './bind-set-operation.ts';
import { addConditions, checkJoined, checkJoinSize } from './link-persons.ts';
import { checkFilter } from './permissions.ts';
import type { BoundQuery, BoundRows, CteScope, QueryScope, QuestionScope } from './question-scope.ts';
import { firstPlace, type RowBinding, refuseOrder } from './row-binding.ts';
import { bindItem } from './select-items.ts';

/** Resolves one query; `null` when its FROM could not be. */
export function bindQuery(query: SyntaxQuery, outer: QueryScope, question: QuestionScope): BoundQuery | null {
  question.countParts(1);
  const scope = { ...outer, ctes: withCtes(query.ctes, outer.ctes) };
  if (query.kind === 'set-operation') return bindSetOperation(query, scope, question, bindQuery);
  const world: ReleasedWorld = {
    question,
    around: outer.around,
    bindSubquery: (inner, around) => bindQuery(inner, { ctes: scope.ctes, around }, question),
  };
  if (query.from === null) return { kind: 'released', select: bindReleased(query, null, world) };
  const from = bindFrom(query.from, { scope, question, bindQuery, world });
  if (from === null) return null;
  if (from.kind === 'released') return { kind: 'released', select: bindReleased(query, from, world) };
  return bindProtected(query, from, { scope, world });
}

/** The WITH names of a query, each seeing the ones before it. */
function withCtes(ctes: SyntaxCtes, outer: CteScope): CteScope {
  let scope = outer;
  for (const { name, columnNames, query } of ctes) scope = new Map([...scope, [name, { query, columnNames, scope }]]);
  return scope;
}

function bindProtected(
  select: SyntaxSelect,
  from: BoundRows,
  { scope, world }: { readonly scope: QueryScope; readonly world: ReleasedWorld },
): BoundQuery {
  const { question } = world;
  const bind = (node: SyntaxExpression, rows: BoundRows): Expression =>
    bindExpression(node, {
      question,
      relations: rows.relations,
      answer: (part) => bindRowSubquery(part, rows, { scope, question, bindQuery, world }),
    });
  const rows = bindWhere(select, from, question, bind);
  const binding = { question, bind: (node: SyntaxExpression) => bind(node, rows) };
  if (isPerPerson(select, rows)) return bindPerPerson(select, rows, binding);
  if (isAggregation(select)) return { kind: 'released', select: bindAggregation(select, rows, { ...binding, world }) };
  return bindRows(select, rows, binding);
}

function bindWhere(
  select: SyntaxSelect,
  from: BoundRows,
  question: QuestionScope,
  bind: (node: SyntaxExpression, rows: BoundRows) => Expression,
): BoundRows {
  const where = select.where === null ? [] : [condition(question, bind(select.where, from))];
  const filtered = addConditions(from, where, question);
  for (const filter of filtered.filters) checkFilter(filter, question);
  checkJoined(filtered, fromPlace(select), question);
  checkJoinSize(filtered, fromPlace(select), question);
  return filtered;
}

function isAggregation(select: SyntaxSelect): boolean {
  const hasKeys = select.groupBy === 'all' || select.groupBy.length > 0 || select.groupingSets !== null;
  return hasKeys || select.having !== null || select.items.some((i) => containsAggregate(i.expression));
}

function bindRows(select: SyntaxSelect, from: BoundRows, { question, bind }: RowBinding): BoundQuery {
  refuseOrder(select, question);
  const columns = new Map<string, Expression>();
  for (const item of select.items) {
    for (const [name, expression] of bindItem(item, from.relations, question, bind)) {
      if (!columns.has(name)) columns.set(name, expression);
    }
  }
  return { kind: 'rows', from, columns };
}

function fromPlace(select: SyntaxSelect): SourceOffset {
  return select.from?.at ?? firstPlace(select);
}
