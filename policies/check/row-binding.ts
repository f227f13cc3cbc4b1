import type { Expression } from '../plan/expression.ts';
import { byteOffsetOf, characterIndex } from '../syntax/source-place.ts';
import type { SourceOffset, SyntaxExpression, SyntaxSelect } from '../syntax/syntax-tree.ts';
import type { QuestionScope } from './question-scope.ts';
import { selectAround } from './rewrite/select-clauses.ts';
import { isWord, sqlTokens } from './rewrite/sql-tokens.ts';

/** What the clauses of a protected SELECT are resolved with. */
export interface RowBinding {
  readonly question: QuestionScope;
  /** Resolves an expression over the rows, subqueries of persons included. */
  readonly bind: (node: SyntaxExpression) => Expression;
}

/** Refuses what would make which rows are counted depend on the rows of others. */
export function refuseOrder(select: SyntaxSelect, question: QuestionScope): void {
  const clauses = [
    // Not passed over: the rows would be counted as if nobody had asked for distinct ones.
    ...(select.distinct ? ['DISTINCT'] : []),
    ...(select.orderBy.length > 0 ? ['ORDER BY'] : []),
    ...(select.limit !== null || select.offset !== null ? ['LIMIT'] : []),
  ];
  for (const clause of clauses) {
    const at = clause === 'ORDER BY' ? select.orderBy[0]?.expression.at : null;
    question.violate('limit-is-after-release', { clause }, at ?? clausePlace(question.sql, clause, firstPlace(select)));
  }
  if (select.qualify === null) return;
  const instead = 'pick rows of a person with min, max, min_by or max_by in a query grouped by the person';
  question.violate('syntax-is-known', { construct: 'QUALIFY over protected rows', instead }, select.qualify.at);
}

/** Where a SELECT begins, as near as the grammar tells. */
export function firstPlace(select: SyntaxSelect): SourceOffset {
  return select.items[0]?.expression.at ?? null;
}

/** Where a clause stands that the grammar gives no place: its keyword, in the SELECT around a place. */
function clausePlace(sql: string, clause: string, at: SourceOffset): SourceOffset {
  if (at === null) return null;
  const tokens = sqlTokens(sql);
  const select = selectAround(tokens, characterIndex(sql, at));
  if (select === null) return at;
  const words = clause === 'LIMIT' ? ['limit', 'offset', 'fetch'] : [clause.toLowerCase()];
  const depth = tokens[select.clauses[0]?.keyword ?? 0]?.depth;
  const first = select.clauses[0]?.keyword ?? 0;
  const keyword = tokens.slice(first, select.end).find((t) => t.depth === depth && isWord(t, ...words));
  return keyword === undefined ? at : byteOffsetOf(sql, keyword.start);
}
