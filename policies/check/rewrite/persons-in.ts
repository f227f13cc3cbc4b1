import { leaveOutCondition } from './leave-out.ts';
import type { RefusedText, Rewriter } from './rewriter.ts';
import { tokenAt } from './rewriter.ts';
import { clauseOf, endOfTokens, selectAround } from './select-clauses.ts';
import { isWord, type SqlToken } from './sql-tokens.ts';
import { quoteText } from './write-plainly.ts';

/** Syntax that is not known: the same question in other words, for the constructs that have such. */
export const otherWords: Rewriter = (violation, text) => {
  switch (violation.facts.construct) {
    case 'EXCEPT of protected rows':
      return personsIn(text, tokenAt(text, violation), 'not in');
    case 'INTERSECT of protected rows':
      return personsIn(text, tokenAt(text, violation), 'in');
    case 'subquery as a value':
      return leaveOutCondition(violation, text);
    case 'quoted name':
      return quoteText(violation, text);
    case 'NATURAL JOIN':
      return crossed(text, tokenAt(text, violation));
    case 'TABLESAMPLE':
    case 'USING SAMPLE':
      return withoutSample(text);
    default:
      return [];
  }
};

/** `select p from a except select p from b` as `select p from a where p not in (select p from b)`. */
function personsIn(text: RefusedText, index: number, how: 'in' | 'not in'): ReturnType<Rewriter> {
  const { sql, tokens } = text;
  const left = index < 0 ? null : selectAround(tokens, tokens[index]?.start ?? 0);
  const list = clauseOf(left, 'select');
  const from = clauseOf(left, 'where') ?? clauseOf(left, 'from');
  if (left === null || list === null || from === null || clauseOf(left, 'group by') !== null) return [];
  if (isWord(tokens[left.end + 1], 'all')) return [];
  const operator = tokens[left.end];
  const person = sql.slice(tokens[list.first]?.start, endOfTokens(left, list.end));
  if (operator === undefined || !isWord(operator, 'except', 'intersect') || !/^[\p{L}\p{N}_.]+$/u.test(person))
    return [];
  const first = isWord(tokens[left.end + 1], 'distinct') ? left.end + 2 : left.end + 1;
  const isEnd = (t: SqlToken): boolean => t.depth < operator.depth || t.text === ';';
  const closing = tokens.findIndex((t, i) => i > left.end && isEnd(t));
  const end = endOfTokens(left, closing < 0 ? tokens.length : closing);
  const right = sql.slice(tokens[first]?.start, end);
  const join = from.name === 'where' ? 'and' : 'where';
  const start = tokens[list.first]?.start ?? 0;
  const edits = [
    // These operators give each row once.
    { start, end: start, text: 'distinct ' },
    { start: endOfTokens(left, left.end), end, text: ` ${join} ${person} ${how} (${right})` },
  ];
  return [{ edits, change: `persons picked with \`${person} ${how} (…)\`` }];
}

/** Without NATURAL the join has no condition, and that has a rewriter of its own. */
function crossed({ tokens }: RefusedText, index: number): ReturnType<Rewriter> {
  const [natural, join] = [tokens[index], tokens[index + 1]];
  if (!isWord(natural, 'natural') || !isWord(join, 'join')) return [];
  const edit = { start: natural?.start ?? 0, end: join?.end ?? 0, text: 'cross join' };
  return [{ edits: [edit], change: 'the columns of the join are named' }];
}

function withoutSample({ tokens }: RefusedText): ReturnType<Rewriter> {
  const word = tokens.findIndex(
    (t, i) => isWord(t, 'tablesample') || (isWord(t, 'sample') && isWord(tokens[i - 1], 'using')),
  );
  const first = isWord(tokens[word], 'sample') ? word - 1 : word;
  const later = [
    'where',
    'group',
    'having',
    'order',
    'limit',
    'join',
    'inner',
    'left',
    'right',
    'on',
    'using',
    'union',
  ];
  const depth = tokens[first]?.depth ?? 0;
  const isNext = (t: SqlToken, i: number): boolean =>
    i > word && (t.depth < depth || (t.depth === depth && (t.text === ',' || t.text === ';' || isWord(t, ...later))));
  const next = tokens.findIndex(isNext);
  const edit = {
    start: tokens[first - 1]?.end ?? 0,
    end: endOfTokens({ tokens }, next < 0 ? tokens.length : next),
    text: '',
  };
  return first < 1 ? [] : [{ edits: [edit], change: 'of all rows instead of a sample' }];
}
