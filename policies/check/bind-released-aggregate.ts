import type { Expression } from '../plan/expression.ts';
import type { CallShape, OrderShape } from '../plan/outer-shape.ts';
import type { SyntaxCall, SyntaxExpression, SyntaxOrder } from '../syntax/syntax-tree.ts';
import { condition } from './bind-expression.ts';
import { BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';
import { RELEASED_AGGREGATES, releasedAggregate } from './released-aggregates.ts';

/** Resolves an aggregate over released values. */
export function bindReleasedAggregate(
  node: SyntaxCall,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const signature = releasedAggregate(node.name);
  if (signature === null) {
    question.violate('aggregate-is-permitted', { aggregate: node.name, aggregates: RELEASED_AGGREGATES }, node.at);
    return BROKEN;
  }
  const call = bindCallParts(node, question, bind);
  if (call.args.includes(BROKEN)) return BROKEN;
  const type = signature(call.args);
  if (typeof type !== 'string') return { kind: 'aggregate', ...call, type, at: node.at };
  const found = call.args.map((a) => typeInWords(a.type)).join(' and ') || 'nothing';
  question.violate('types-match', { construct: node.name, found, expected: type }, call.args[0]?.at ?? node.at);
  return BROKEN;
}

/** What an aggregate or a window function is called with. */
export function bindCallParts(
  node: SyntaxCall,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): CallShape<Expression> {
  return {
    name: node.name === 'count' && node.args.length === 0 ? 'count_star' : node.name,
    args: node.args.map(bind),
    distinct: node.distinct,
    filter: node.filter === null ? null : condition(question, bind(node.filter)),
    orderBy: bindOrders(node.orderBy, bind),
  };
}

/** The keys of an ORDER BY. */
export function bindOrders(
  orders: readonly SyntaxOrder[],
  bind: (part: SyntaxExpression) => Expression,
): readonly OrderShape<Expression>[] {
  return orders.map(({ expression, descending, nulls }) => ({ expression: bind(expression), descending, nulls }));
}
