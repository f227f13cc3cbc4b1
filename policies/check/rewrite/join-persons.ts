import type { Edit } from './edit.ts';
import { type RefusedText, type Rewriter, tokenAt } from './rewriter.ts';
import { clauseOf, endOfTokens, partsOfClause, type SelectClauses, selectAround } from './select-clauses.ts';
import { afterName, closingOf, isWord, type SqlToken } from './sql-tokens.ts';

const IDENTITIES = /^(\S+\.\S+)\.(\S+) = (\S+\.\S+)\.(\S+)$/;
const JOIN_WORDS = ['join', 'inner', 'left', 'right', 'full', 'cross', 'semi', 'anti', 'natural'];

/** A table that is not joined on the person: the identities set equal, instead of what the join says. */
export const joinPersons: Rewriter = (violation, text) => {
  const [, one, oneColumn, other, otherColumn] = IDENTITIES.exec(violation.facts.example ?? '') ?? [];
  const index = tokenAt(text, violation);
  const select = index < 0 ? null : selectAround(text.tokens, text.tokens[index]?.start ?? 0);
  if (one === undefined || other === undefined || select === null) return [];
  const [left, right] = [tableIn(text, select, one), tableIn(text, select, other)];
  if (left === null || right === null) return [];
  const condition = `${left.name}.${oneColumn} = ${right.name}.${otherColumn}`;
  const change = `joined on the person: \`${condition}\``;
  const edit = onEdit(text, right.end, condition) ?? whereEdit(select, condition);
  return edit === null ? [] : [{ edits: [edit], change }];
};

/** Where a table stands in FROM: the name that the question gives it, and one after its last token. */
function tableIn(
  { tokens }: RefusedText,
  select: SelectClauses,
  table: string,
): { readonly name: string; readonly end: number } | null {
  const from = clauseOf(select, 'from');
  if (from === null) return null;
  for (let index = from.first; index < from.end; index += 1) {
    const end = afterName(tokens, index);
    const written = tokens
      .slice(index, end)
      .map((t) => t.text)
      .join('');
    if (written !== table || tokens[index - 1]?.text === '.') continue;
    const after = isWord(tokens[end], 'as') ? end + 1 : end;
    const alias = tokens[after];
    const isAlias = alias?.kind === 'name' && after < from.end && !isWord(alias, 'on', 'using', ...JOIN_WORDS);
    return isAlias ? { name: alias.text, end: after + 1 } : { name: tokens[end - 1]?.text ?? table, end };
  }
  return null;
}

/** The condition of a join, replaced; `null` when it has none. */
function onEdit({ tokens }: RefusedText, after: number, condition: string): Edit | null {
  const word = tokens[after];
  if (word === undefined || !isWord(word, 'on', 'using')) return null;
  const isNext = (t: SqlToken): boolean =>
    t.depth < word.depth ||
    (t.depth === word.depth &&
      (t.text === ',' || isWord(t, ...JOIN_WORDS, 'where', 'group', 'having', 'qualify', 'order', 'limit', 'union')));
  const next = tokens.findIndex((t, index) => index > after && isNext(t));
  const end = isWord(word, 'using') ? closingOf(tokens, after + 1) + 1 : next < 0 ? tokens.length : next;
  return { start: word.start, end: endOfTokens({ tokens }, end), text: `on ${condition}` };
}

function whereEdit(select: SelectClauses, condition: string): Edit | null {
  const where = clauseOf(select, 'where');
  if (where !== null) {
    const hasAlternatives = partsOfClause(select, where, (t) => isWord(t, 'or')).length > 1;
    const end = endOfTokens(select, where.end);
    return hasAlternatives ? null : { start: end, end, text: ` and ${condition}` };
  }
  const from = clauseOf(select, 'from');
  if (from === null) return null;
  const end = endOfTokens(select, from.end);
  return { start: end, end, text: ` where ${condition}` };
}
