import type { ParsedQuery } from '../syntax/read-query.ts';
import type { BoundQuery } from './question-scope.ts';

const SELECT_LIST = /^(\s*select\s+)(?:distinct\s+)?.*?(\sfrom\s[^;]*?);?\s*$/is;
/** Clauses after WHERE would have to be rewritten too: then no candidate is offered. */
const LATER_CLAUSES = /\b(?:group\s+by|having|order\s+by|limit|offset|qualify|with)\b/i;

/**
 * A query close to a refused one that may pass: the permitted group keys it names, and a count of persons.
 *
 * Only a candidate: the trunk parses and checks it like any other text, and offers it only if it passes.
 */
export function candidateOf(query: ParsedQuery, rows: Extract<BoundQuery, { kind: 'rows' }>): string | null {
  const match = SELECT_LIST.exec(query.sql);
  if (match === null || LATER_CLAUSES.test(query.sql)) return null;
  const [, head, tail] = match;
  const identity = identityName(rows);
  if (identity === null) return null;
  const keys = keyNames(query, rows);
  const grouping = keys.length === 0 ? '' : ` group by ${keys.join(', ')}`;
  return `${head}${[...keys, `count(distinct ${identity}) as persons`].join(', ')}${tail}${grouping}`;
}

function identityName(rows: Extract<BoundQuery, { kind: 'rows' }>): string | null {
  for (const relation of rows.from.relations) {
    for (const [column, expression] of relation.columns) {
      if (expression.type.kind === 'person') return relation.name === null ? column : `${relation.name}.${column}`;
    }
  }
  return null;
}

function keyNames(query: ParsedQuery, rows: Extract<BoundQuery, { kind: 'rows' }>): readonly string[] {
  const isKey = (relation: string, column: string): boolean =>
    rows.from.tables.some((t) => t.ref === relation && Object.hasOwn(t.view.rules.groupKeys, column));
  return query.select.items.flatMap(({ expression }) => {
    if (expression.kind !== 'column') return [];
    const bound = rows.columns.get(expression.path.at(-1) ?? '');
    return bound?.kind === 'column' && isKey(bound.relation, bound.column) ? [expression.path.join('.')] : [];
  });
}
