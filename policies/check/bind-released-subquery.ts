import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import { columnsOf, type OuterQuery, withoutIntervals } from '../plan/outer-query.ts';
import type { SyntaxExpression } from '../syntax/syntax-tree.ts';
import { commonType } from './functions.ts';
import { type BoundQuery, BROKEN, type QuestionScope, typeInWords } from './question-scope.ts';

type SubqueryNode = Extract<SyntaxExpression, { kind: 'subquery' }>;

const BOOLEAN: ScalarType = { kind: 'boolean' };

/** Resolves a query within an expression over released values: what it reads is released too. */
export function bindReleasedSubquery(
  node: SubqueryNode,
  bound: BoundQuery | null,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): Expression {
  const arg = node.arg === null ? null : bind(node.arg);
  if (bound === null) return BROKEN;
  if (bound.kind === 'rows') {
    const [column = '*'] = bound.columns.keys();
    question.violate('output-is-aggregated', { column, groupKeys: [] }, node.at);
    return BROKEN;
  }
  const query = withoutIntervals(bound.select);
  const { form, negated, at } = node;
  if (form === 'exists') return { kind: 'subquery', form, negated, arg: null, query, type: BOOLEAN, at };
  const type = onlyType(node, query, question);
  if (type === null) return BROKEN;
  if (form === 'scalar') return { kind: 'subquery', form, negated, arg: null, query, type, at };
  if (arg === null || arg === BROKEN) return BROKEN;
  if (commonType(arg.type, type) === null) {
    const found = `${typeInWords(arg.type)} and ${typeInWords(type)}`;
    question.violate('types-match', { construct: 'in', found, expected: 'compare values of one type' }, at);
    return BROKEN;
  }
  return { kind: 'subquery', form, negated, arg, query, type: BOOLEAN, at };
}

/** The type of its one column. */
function onlyType(node: SubqueryNode, query: OuterQuery, question: QuestionScope): ScalarType | null {
  const columns = columnsOf(query);
  const [only] = columns;
  if (only !== undefined && columns.length === 1) return only.type;
  const instead = 'select one column within it';
  question.violate('syntax-is-known', { construct: `subquery of ${columns.length} columns`, instead }, node.at);
  return null;
}
