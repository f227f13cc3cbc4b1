/** One word or sign of a text, by its place in UTF-16 units; spaces and comments are between them. */
export interface SqlToken {
  readonly kind: 'name' | 'quoted' | 'text' | 'number' | 'sign';
  /** As written; names in lower case. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many parentheses are open around it; an opening and its closing one stand at the depth around them. */
  readonly depth: number;
}

const SPACE_OR_COMMENT = String.raw`(?:\s|--[^\n]*|/\*[\s\S]*?\*/)+`;
const TEXT = `'(?:[^']|'')*'`;
const QUOTED = '"(?:[^"]|"")*"|`[^`]*`';
const NAME = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
const NUMBER = String.raw`\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+`;
const SIGN = String.raw`<>|<=|>=|!=|\|\||::|[\s\S]`;
const TOKEN = new RegExp(
  `(?<space>${SPACE_OR_COMMENT})|(?<text>${TEXT})|(?<quoted>${QUOTED})|(?<name>${NAME})|(?<number>${NUMBER})|(?<sign>${SIGN})`,
  'gu',
);

/**
 * Cuts SQL into words and signs.
 *
 * The tree says where an expression begins and not where it ends; a rewriter needs both. A text that this cuts wrongly
 * gives a rewritten query that does not pass, and is not shown: nothing is decided by it.
 */
export function sqlTokens(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  let depth = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const groups = match.groups ?? {};
    const kind = (['text', 'quoted', 'name', 'number', 'sign'] as const).find((k) => groups[k] !== undefined);
    if (kind === undefined) continue;
    const written = match[0];
    if (written === ')') depth = Math.max(0, depth - 1);
    const text = kind === 'name' ? written.toLowerCase() : written;
    tokens.push({ kind, text, start: match.index, end: match.index + written.length, depth });
    if (written === '(') depth += 1;
  }
  return tokens;
}

/** The index of the closing parenthesis of an opening one; -1 when there is none. */
export function closingOf(tokens: readonly SqlToken[], opening: number): number {
  const depth = tokens[opening]?.depth;
  return tokens.findIndex((t, index) => index > opening && t.text === ')' && t.kind === 'sign' && t.depth === depth);
}

/** Whether a token is a keyword of this spelling. */
export function isWord(token: SqlToken | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'name' && words.includes(token.text);
}

/** The index after a dotted name that begins at an index. */
export function afterName(tokens: readonly SqlToken[], index: number): number {
  let next = index + 1;
  while (tokens[next]?.text === '.' && tokens[next + 1] !== undefined) next += 2;
  return next;
}
