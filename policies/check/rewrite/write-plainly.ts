import type { Edit, Rewrite } from './edit.ts';
import { nearestName } from './nearest-name.ts';
import { type RefusedText, type Rewriter, tokenAt } from './rewriter.ts';
import { endOfTokens, outermostSelect } from './select-clauses.ts';
import { isWord, type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Signs that an input method or a word processor writes, and the ones of SQL. */
const PLAIN_SIGNS: Readonly<Record<string, string>> = {
  '，': ',',
  '（': '(',
  '）': ')',
  '；': ';',
  '＝': '=',
  '＊': '*',
  '＞': '>',
  '＜': '<',
  '＋': '+',
  '－': '-',
  '／': '/',
  '．': '.',
  '“': "'",
  '”': "'",
  '‘': "'",
  '’': "'",
  '\u3000': ' ',
};

const KEYWORDS = [
  'select',
  'distinct',
  'from',
  'where',
  'group',
  'by',
  'having',
  'order',
  'limit',
  'join',
  'left',
  'union',
];

/** A text that is not SQL: plain signs and quotes, and a keyword as it is spelt. */
export const writePlainly: Rewriter = (violation, text) => {
  const signs = plainSigns(text.tokens);
  if (signs.length > 0) return [{ edits: signs, change: 'in plain quotes and punctuation marks' }];
  return keyword(text, tokenAt(text, violation));
};

/** A name in quotes that no name is: text, which stands in single quotes. */
export const quoteText: Rewriter = (violation, text) => {
  const signs = plainSigns(text.tokens);
  if (signs.length > 0) return [{ edits: signs, change: 'in plain quotes and punctuation marks' }];
  const token = text.tokens[tokenAt(text, violation)];
  if (token?.kind !== 'quoted') return [];
  const written = token.text.slice(1, -1).replaceAll('""', '"').replaceAll("'", "''");
  const edit = { start: token.start, end: token.end, text: `'${written}'` };
  return [{ edits: [edit], change: `text stands in single quotes: \`${edit.text}\`` }];
};

/** A number beside text: as text. */
export const quoteNumber: Rewriter = (violation, text) => {
  const { construct = '', found = '' } = violation.facts;
  if (!/^(=|<>|<|<=|>|>=|in)$/.test(construct) || !found.includes('text') || !found.includes('whole number')) return [];
  const start = tokenAt(text, violation);
  const index = text.tokens.findIndex((t, i) => start >= 0 && i >= start && i < start + 8 && t.kind === 'number');
  const number = text.tokens[index];
  if (number === undefined) return [];
  const edit = { start: number.start, end: number.end, text: `'${number.text}'` };
  return [{ edits: [edit], change: `compared as text: \`${edit.text}\`` }];
};

/** The first sign of a text that an input method wrote for one of SQL, with what it stands for. */
export function firstOddSign(
  sql: string,
): { readonly start: number; readonly text: string; readonly plain: string } | null {
  const tokens = sqlTokens(sql);
  const [edit] = plainSigns(tokens);
  const token = tokens.find((t) => t.start === edit?.start);
  return edit === undefined || token === undefined ? null : { start: edit.start, text: token.text, plain: edit.text };
}

function plainSigns(tokens: readonly SqlToken[]): readonly Edit[] {
  return tokens.flatMap(({ kind, text, start, end }) => {
    if (kind === 'quoted' && text.startsWith('`')) return [{ start, end, text: text.slice(1, -1) }];
    const plain = kind === 'sign' && Object.hasOwn(PLAIN_SIGNS, text) ? PLAIN_SIGNS[text] : undefined;
    return plain === undefined ? [] : [{ start, end, text: plain }];
  });
}

/** Slips at the place where the grammar stopped, or one word before it. */
function keyword(text: RefusedText, index: number): readonly Rewrite[] {
  if (index < 0) return [];
  const [before, at] = [text.tokens[index - 1], text.tokens[index]];
  if (isWord(at, 'unique') && before?.text === '(') return [replaced(at, 'distinct')];
  if (before !== undefined && isWord(before, 'top') && at?.kind === 'number') return topAsLimit(text, before, at);
  if (at?.text === ',' && before?.text === ',') return [removed(at)];
  for (const token of [before, at]) {
    if (token?.kind !== 'name' || KEYWORDS.includes(token.text)) continue;
    const near = nearestName(token.text, KEYWORDS);
    if (near !== null) return [replaced(token, near)];
  }
  return [];
}

function replaced(token: SqlToken | undefined, by: string): Rewrite {
  const edit = { start: token?.start ?? 0, end: token?.end ?? 0, text: by };
  return { edits: [edit], change: `\`${token?.text}\` is \`${by}\`` };
}

function removed({ start, end, text }: SqlToken): Rewrite {
  return { edits: [{ start, end, text: '' }], change: `without the second \`${text}\`` };
}

function topAsLimit({ tokens }: RefusedText, top: SqlToken, count: SqlToken): readonly Rewrite[] {
  const select = outermostSelect(tokens);
  if (select === null) return [];
  const end = endOfTokens(select, select.end);
  const after = tokens[tokens.indexOf(count) + 1]?.start ?? count.end;
  const edits = [
    { start: top.start, end: after, text: '' },
    { start: end, end, text: ` limit ${count.text}` },
  ];
  return [{ edits, change: `\`top ${count.text}\` is \`limit ${count.text}\` at the end` }];
}
