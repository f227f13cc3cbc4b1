/** What may begin at a place of SQL and hide a semicolon or a comment in it, with what ends it. */
const SPANS: readonly (readonly [string, string])[] = [
  ["'", "'"],
  ['"', '"'],
  ['--', '\n'],
  ['/*', '*/'],
];

/**
 * A stored query without what may stand at its end but not within parentheses: semicolons and comments.
 *
 * Nothing rests on it: what is made of it is parsed and checked as a whole like all SQL. A text that this reads otherwise
 * than the grammar does is refused there.
 */
export function bareQuery(sql: string): string {
  let end = 0;
  for (let at = 0; at < sql.length; ) {
    const span = SPANS.find(([opens]) => sql.startsWith(opens, at));
    const next = span === undefined ? at + 1 : endOf(sql, at, span);
    const isComment = span !== undefined && span[0].length === 2;
    if (!isComment && !/[\s;]/.test(sql.charAt(at))) end = next;
    at = next;
  }
  return sql.slice(0, end);
}

function endOf(sql: string, at: number, [opens, closes]: readonly [string, string]): number {
  const found = sql.indexOf(closes, at + opens.length);
  return found < 0 ? sql.length : found + closes.length;
}
