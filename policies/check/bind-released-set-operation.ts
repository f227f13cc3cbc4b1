import { columnsOf, type OuterQuery, type OuterSetOperation, withoutIntervals } from '../plan/outer-query.ts';
import type { SyntaxExpression, SyntaxSetOperation } from '../syntax/syntax-tree.ts';
import { commonType } from './functions.ts';
import { type QuestionScope, typeInWords } from './question-scope.ts';

/** Puts two queries over released values together, column by column. */
export function bindReleasedSetOperation(
  node: SyntaxSetOperation,
  sides: { readonly left: OuterQuery; readonly right: OuterQuery },
  question: QuestionScope,
): OuterSetOperation {
  const { left, right } = alikeSides(node, sides);
  checkColumns(node, left, right, question);
  return {
    kind: 'set-operation',
    operator: node.operator,
    all: node.all,
    left,
    right,
    orderBy: node.orderBy.flatMap(({ expression, descending, nulls }) => {
      const index = columnIndex(expression, left, question);
      return index === null ? [] : [{ index, descending, nulls }];
    }),
    limit: node.limit,
    offset: node.offset,
  };
}

/**
 * Ends of intervals stay where both sides have them alike. Rows that are compared are compared without: the merchant
 * did not write them, and they would tell rows apart that are equal.
 */
function alikeSides(
  node: SyntaxSetOperation,
  { left, right }: { readonly left: OuterQuery; readonly right: OuterQuery },
): { readonly left: OuterQuery; readonly right: OuterQuery } {
  const [mine, theirs] = [left, right].map((side) =>
    columnsOf(side)
      .map((c) => c.isIntervalEnd)
      .join(),
  );
  if (node.operator === 'union' && node.all && mine === theirs) return { left, right };
  return { left: withoutIntervals(left), right: withoutIntervals(right) };
}

function checkColumns(node: SyntaxSetOperation, left: OuterQuery, right: OuterQuery, question: QuestionScope): void {
  const construct = node.operator.toUpperCase();
  const [mine, theirs] = [columnsOf(left), columnsOf(right)];
  if (mine.length !== theirs.length) {
    const instead = 'select as many columns on both sides';
    question.violate(
      'syntax-is-known',
      { construct: `${construct} of ${mine.length} and ${theirs.length} columns`, instead },
      node.at,
    );
    return;
  }
  for (const [index, { type, name }] of mine.entries()) {
    const other = theirs[index]?.type ?? type;
    if (commonType(type, other) !== null) continue;
    const found = `${typeInWords(type)} and ${typeInWords(other)} as \`${name}\``;
    question.violate('types-match', { construct, found, expected: 'give a column one type on both sides' }, node.at);
  }
}

function columnIndex(key: SyntaxExpression, left: OuterQuery, question: QuestionScope): number | null {
  const columns = columnsOf(left);
  const shown = columns.flatMap((c, index) => (c.isIntervalEnd ? [] : [index]));
  if (key.kind === 'literal' && key.value.type === 'integer') {
    const index = shown[Number(key.value.value) - 1];
    if (index !== undefined) return index;
  }
  const named = key.kind === 'column' && key.path.length === 1 ? columns.findIndex((c) => c.name === key.path[0]) : -1;
  if (named >= 0) return named;
  const instead = `order by one of: ${columns.map((c) => c.name).join(', ')}, or by its position`;
  question.violate('syntax-is-known', { construct: 'ORDER BY of what a set operation does not show', instead }, key.at);
  return null;
}
