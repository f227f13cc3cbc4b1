import { isWord, type SqlToken } from './sql-tokens.ts';

/** The clauses of a SELECT that rewriters work on. */
export type ClauseName =
  | 'with'
  | 'select'
  | 'from'
  | 'where'
  | 'group by'
  | 'having'
  | 'qualify'
  | 'order by'
  | 'limit'
  | 'offset';

/** One clause by the indexes of its tokens: its keyword, its first content, and one after its last. */
export interface Clause {
  readonly name: ClauseName;
  readonly keyword: number;
  readonly first: number;
  readonly end: number;
}

/** One SELECT in a text. */
export interface SelectClauses {
  readonly tokens: readonly SqlToken[];
  readonly clauses: readonly Clause[];
  /** Index of the token after its last one. */
  readonly end: number;
}

const SET_OPERATORS = ['union', 'intersect', 'except'];

/** The innermost SELECT around a place of the text; `null` when there is none. */
export function selectAround(tokens: readonly SqlToken[], place: number): SelectClauses | null {
  const starts = tokens
    .map((token, index) => ({ token, index }))
    .filter(({ token }) => isWord(token, 'select') && token.start <= place)
    .toReversed();
  for (const { index } of starts) {
    const select = readClauses(tokens, index);
    if ((tokens[select.end - 1]?.end ?? 0) > place) return select;
  }
  return null;
}

/** The outermost SELECT: the one that stands in no parentheses; of several put together there is none. */
export function outermostSelect(tokens: readonly SqlToken[]): SelectClauses | null {
  const isOutside = (t: SqlToken, ...words: readonly string[]): boolean => t.depth === 0 && isWord(t, ...words);
  if (tokens.some((t) => isOutside(t, ...SET_OPERATORS))) return null;
  const index = tokens.findIndex((t) => isOutside(t, 'select'));
  return index < 0 ? null : readClauses(tokens, index);
}

/** One clause of a SELECT. */
export function clauseOf(select: SelectClauses | null, name: ClauseName): Clause | null {
  return select?.clauses.find((c) => c.name === name) ?? null;
}

/** Where a text ends that is put after a clause, or before the first of the later ones. */
export function endOfTokens({ tokens }: Pick<SelectClauses, 'tokens'>, end: number): number {
  return tokens[end - 1]?.end ?? 0;
}

/** The clause that a place of the text is in. */
export function clauseAt(select: SelectClauses, place: number): Clause | null {
  const { tokens } = select;
  return (
    select.clauses.find((c) => (tokens[c.keyword]?.start ?? 0) <= place && place < endOfTokens(select, c.end)) ?? null
  );
}

/** Parts of a clause between separators at its own depth, as ranges of token indexes. */
export function partsOfClause(
  { tokens }: Pick<SelectClauses, 'tokens'>,
  clause: Pick<Clause, 'first' | 'end'>,
  isSeparator: (token: SqlToken, index: number) => boolean,
): readonly { readonly first: number; readonly end: number }[] {
  const depth = tokens[clause.first]?.depth ?? 0;
  const parts: { first: number; end: number }[] = [];
  let first = clause.first;
  for (let index = clause.first; index < clause.end; index += 1) {
    const token = tokens[index];
    if (token === undefined || token.depth !== depth || !isSeparator(token, index)) continue;
    parts.push({ first, end: index });
    first = index + 1;
  }
  return [...parts, { first, end: clause.end }];
}

function readClauses(tokens: readonly SqlToken[], start: number): SelectClauses {
  const depth = tokens[start]?.depth ?? 0;
  const isEnd = (token: SqlToken): boolean =>
    (token.text === ')' && token.depth < depth) ||
    (token.depth === depth && (token.text === ';' || isWord(token, ...SET_OPERATORS)));
  let end = start + 1;
  for (let token = tokens[end]; token !== undefined && !isEnd(token); token = tokens[end]) end += 1;
  const heads = clauseHeads(tokens, { start, end, depth });
  const clauses = heads.map((head, i) => ({ ...head, end: heads[i + 1]?.keyword ?? end }));
  return { tokens, clauses, end };
}

function clauseHeads(
  tokens: readonly SqlToken[],
  { start, end, depth }: { readonly start: number; readonly end: number; readonly depth: number },
): readonly Omit<Clause, 'end'>[] {
  const heads: Omit<Clause, 'end'>[] = [];
  for (let index = start; index < end; index += 1) {
    const token = tokens[index];
    if (token?.kind !== 'name' || token.depth !== depth) continue;
    const isPair = isWord(token, 'group', 'order') && isWord(tokens[index + 1], 'by');
    const isSingle = isWord(token, 'select', 'from', 'where', 'having', 'qualify', 'limit', 'offset');
    if (!isPair && !isSingle) continue;
    const name = (isPair ? `${token.text} by` : token.text) as ClauseName;
    heads.push({ name, keyword: index, first: index + (isPair ? 2 : 1) });
  }
  return heads;
}
