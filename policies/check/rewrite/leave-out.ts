import type { Edit, Rewrite } from './edit.ts';
import { type RefusedText, type Rewriter, tokenAt } from './rewriter.ts';
import {
  type Clause,
  clauseAt,
  clauseOf,
  endOfTokens,
  outermostSelect,
  partsOfClause,
  type SelectClauses,
  selectAround,
} from './select-clauses.ts';
import { isWord, type SqlToken } from './sql-tokens.ts';

/** Token ranges of a list or of conditions joined by AND. */
export type Part = ReturnType<typeof partsOfClause>[number];

/** A condition on what may not be filtered: the question without it. */
export const leaveOutCondition: Rewriter = (violation, text) => {
  const found = conditionAt(text, tokenAt(text, violation));
  if (found === null) return [];
  const { select, where, parts, part } = found;
  const written = writtenPart(text, part);
  return [{ edits: [withoutPart(select, where, { parts, part })], change: `without the condition \`${written}\`` }];
};

/** A group key that is not permitted: the question without it. */
export const leaveOutKey: Rewriter = (violation, text) => {
  const index = tokenAt(text, violation);
  const select = index < 0 ? null : selectAround(text.tokens, text.tokens[index]?.start ?? 0);
  const groupBy = clauseOf(select, 'group by');
  if (select === null || groupBy === null) return [];
  const isComma = (t: SqlToken): boolean => t.text === ',';
  const keys = partsOfClause(select, groupBy, isComma);
  const part = keys.find((k) => k.first <= index && index < k.end);
  if (part === undefined) return [];
  const written = writtenPart(text, part);
  const edits = [withoutPart(select, groupBy, { parts: keys, part })];
  const list = clauseOf(select, 'select');
  const items = list === null ? [] : partsOfClause(select, list, isComma);
  const item = items.find((i) => writtenPart(text, i).split(/\s+as\s+/i)[0] === written);
  if (list !== null && item !== undefined) {
    if (items.length === 1) return [];
    edits.push(withoutPart(select, list, { parts: items, part: item }));
  }
  return [{ edits, change: `not grouped by \`${written}\`` }];
};

/** An order or a limit below an aggregation: a limit goes to the outermost SELECT, an order of rows says nothing. */
export const moveLimit: Rewriter = (violation, text) => {
  const index = tokenAt(text, violation);
  const place = text.tokens[index]?.start ?? 0;
  const select = selectAround(text.tokens, place);
  const outermost = outermostSelect(text.tokens);
  if (select === null || violation.facts.clause === 'DISTINCT') return [];
  if (outermost?.clauses[0]?.keyword === select.clauses[0]?.keyword) return [];
  const order = clauseOf(select, 'order by');
  const limit = clauseOf(select, 'limit');
  const edits = [order, limit, clauseOf(select, 'offset')].flatMap((c) =>
    c === null ? [] : [withoutClause(select, c)],
  );
  if (edits.length === 0) return [];
  const isGrouped = clauseOf(outermost, 'group by') !== null && clauseOf(outermost, 'limit') === null;
  if (limit === null || outermost === null || !isGrouped) {
    return [{ edits, change: 'of all rows, without an order or a limit below the aggregation' }];
  }
  const written = text.sql.slice(text.tokens[limit.keyword]?.start, endOfTokens(select, limit.end));
  const end = endOfTokens(outermost, outermost.end);
  return [{ edits: [...edits, { start: end, end, text: ` ${written}` }], change: `${written} of the released groups` }];
};

/** The condition of WHERE that a token is in, when all of them must hold. */
export function conditionAt(
  { tokens }: RefusedText,
  index: number,
): {
  readonly select: SelectClauses;
  readonly where: Clause;
  readonly parts: readonly Part[];
  readonly part: Part;
} | null {
  const place = tokens[index]?.start;
  const select = place === undefined ? null : selectAround(tokens, place);
  const where = select === null ? null : clauseAt(select, place ?? 0);
  if (select === null || where?.name !== 'where') return null;
  const parts = conjuncts(select, where);
  const part = parts?.find((p) => p.first <= index && index < p.end);
  return parts === null || part === undefined ? null : { select, where, parts, part };
}

/** The text of a range of tokens. */
export function writtenPart({ sql, tokens }: RefusedText, part: Part): string {
  return sql.slice(tokens[part.first]?.start, tokens[part.end - 1]?.end);
}

/** Takes a part out of a clause, and the clause with its last. */
export function withoutPart(
  select: SelectClauses,
  clause: Clause,
  { parts, part }: { readonly parts: readonly Part[]; readonly part: Part },
): Edit {
  const { tokens } = select;
  const index = parts.indexOf(part);
  if (parts.length === 1) return withoutClause(select, clause);
  if (index > 0) return { start: tokens[part.first - 2]?.end ?? 0, end: tokens[part.end - 1]?.end ?? 0, text: '' };
  return { start: tokens[part.first]?.start ?? 0, end: tokens[part.end + 1]?.start ?? 0, text: '' };
}

/** Takes a clause out. */
export function withoutClause(select: SelectClauses, clause: Clause): Edit {
  return { start: endOfTokens(select, clause.keyword), end: endOfTokens(select, clause.end), text: '' };
}

/** Conditions that all must hold; `null` when some of them are alternatives. */
function conjuncts(select: SelectClauses, where: Clause): readonly Part[] | null {
  const depth = select.tokens[where.keyword]?.depth;
  let betweens = 0;
  let cases = 0;
  let isEither = false;
  const parts = partsOfClause(select, where, (token) => {
    if (isWord(token, 'case')) cases += 1;
    if (isWord(token, 'end')) cases -= 1;
    if (token.depth !== depth || cases > 0) return false;
    if (isWord(token, 'or')) isEither = true;
    if (isWord(token, 'between')) betweens += 1;
    if (!isWord(token, 'and')) return false;
    if (betweens === 0) return true;
    betweens -= 1;
    return false;
  });
  return isEither ? null : parts;
}

/** A rewrite that takes one item out of a select list, when others remain. */
export function withoutItem(text: RefusedText, index: number): readonly Rewrite[] {
  const select = selectAround(text.tokens, text.tokens[index]?.start ?? 0);
  const list = clauseOf(select, 'select');
  if (select === null || list === null) return [];
  const items = partsOfClause(select, list, (t) => t.text === ',');
  const part = items.find((i) => i.first <= index && index < i.end);
  if (part === undefined || items.length === 1) return [];
  return [
    { edits: [withoutPart(select, list, { parts: items, part })], change: `without \`${writtenPart(text, part)}\`` },
  ];
}
