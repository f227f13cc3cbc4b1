import type { Expression } from '../plan/expression.ts';
import { sizeOf } from '../plan/expression-size.ts';
import type { SyntaxExpression, SyntaxItem } from '../syntax/syntax-tree.ts';
import { bindExpression } from './bind-expression.ts';
import type { BoundFrom, QuestionScope } from './question-scope.ts';

/** One item of a select list as named expressions: `*` is many. */
export function bindItem(
  item: SyntaxItem,
  relations: BoundFrom['relations'],
  question: QuestionScope,
  bind: (node: SyntaxExpression) => Expression = (node) => bindExpression(node, { question, relations }),
): readonly (readonly [string, Expression])[] {
  const { expression } = item;
  if (expression.kind === 'star') {
    const from = relations.filter((r) => expression.relation === null || r.name === expression.relation);
    const columns = from.flatMap((r) => [...r.columns]);
    for (const [, e] of columns) question.countParts(sizeOf(e));
    return columns.map(([name, e]) => [name, { ...e, at: expression.at }]);
  }
  return [[item.alias ?? nameOf(expression), bind(expression)]];
}

/** The name a column gets when the merchant gives none. */
export function nameOf(expression: SyntaxExpression): string {
  switch (expression.kind) {
    case 'column':
      return expression.path.at(-1) ?? 'column';
    case 'call':
      return /^[a-z_]+$/.test(expression.name) ? expression.name.replace('count_star', 'count') : 'value';
    case 'score':
      return /^[a-z_][a-z0-9_]*$/.test(expression.name) ? expression.name : 'value';
    case 'cast':
      return nameOf(expression.arg);
    default:
      return 'value';
  }
}
