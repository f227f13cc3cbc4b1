import { type Violation, violation } from '../check/catalogue.ts';
import { sqlTokens } from '../check/rewrite/sql-tokens.ts';
import { firstOddSign } from '../check/rewrite/write-plainly.ts';
import { readExpression } from './read-expression.ts';
import { asNode, asNodes, type NodeReader, refuse, UnknownSyntax } from './read-node.ts';
import { readStatement } from './read-select.ts';
import { byteOffsetOf } from './source-place.ts';
import type { SyntaxQuery } from './syntax-tree.ts';

declare const minted: unique symbol;

/** SQL that is one SELECT made of syntax we know. Only {@link readQuery} makes it. */
export interface ParsedQuery {
  readonly [minted]: 'ParsedQuery';
  readonly sql: string;
  readonly query: SyntaxQuery;
}

/** Longest SQL taken, in bytes: a question of 200 lines has about 10,000. */
export const MAX_SQL_BYTES = 65_536;

/** Digits enough for an integer beyond 2^53, in a number or in a text. */
const LONG_DIGITS = /\d{16}/;
/** How the grammar writes that a node has no place; within a text of the question its quotes would be escaped. */
const NOWHERE = '"query_location":18446744073709551615';

/** What the parser worker said of a text: the grammar's tree as JSON, or where it stopped understanding. */
export type Parse =
  | { readonly ok: true; readonly tree: string }
  | {
      readonly ok: false;
      readonly reason: 'syntax' | 'not-select' | 'too-large' | 'too-many-comments';
      readonly position?: number | undefined;
    };

/**
 * Most beginnings of comments in one text. The grammar's lexer takes time with the square of how deep they are nested:
 * a text of the largest size would hold a parser for half a minute.
 */
const MAX_COMMENTS_COUNT = 200;

/** Why a text is not even given to the parser; `null` when it is. */
export function refuseText(sql: string): Parse | null {
  if (new TextEncoder().encode(sql).length > MAX_SQL_BYTES) return { ok: false, reason: 'too-large' };
  return sql.split('/*').length - 1 > MAX_COMMENTS_COUNT ? { ok: false, reason: 'too-many-comments' } : null;
}

/** A stage's answer: its product, or everything that is wrong. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly violations: readonly Violation[] };

const FOUND = {
  syntax: 'not SQL at this place',
  'not-select': 'not a SELECT',
  'too-large': `longer than ${MAX_SQL_BYTES} bytes`,
  'too-many-comments': `made of more than ${MAX_COMMENTS_COUNT} comments`,
} as const;

/** What to do about a text that the grammar did not take as one SELECT. */
const INSTEAD = {
  syntax: { instead: 'look at this place and just before it for a missing comma, parenthesis, quote or keyword' },
  'not-select': {},
  'too-large': { instead: 'ask in several questions' },
  'too-many-comments': { instead: 'leave most of the comments out' },
} as const;

/**
 * Reads the grammar's tree of one submitted text into our own tree.
 *
 * The tree comes from DuckDB's own parser in a worker without data, so that the engine and the check cannot read the
 * text differently.
 */
export function readQuery(sql: string, parse: Parse): Checked<ParsedQuery> {
  if (!parse.ok) return notTaken(sql, parse);
  const reader: NodeReader = {
    sql,
    expression: (node) => readExpression(reader, node),
    query: (statement) => readStatement(reader, statement),
  };
  try {
    const root = asNode(reader, parseLossless(reader, parse.tree));
    const statements = asNodes(reader, root.statements);
    const [statement] = statements;
    if (statement === undefined || statements.length !== 1) {
      const found = statements.length === 0 ? 'empty' : `${statements.length} statements`;
      return notOneSelect(sql, { found }, secondStatement(sql));
    }
    return { ok: true, value: { sql, query: readStatement(reader, statement) } as ParsedQuery };
  } catch (cause) {
    if (cause instanceof UnknownSyntax) return { ok: false, violations: [cause.violation] };
    throw cause;
  }
}

function notOneSelect(
  sql: string,
  facts: { readonly found: string; readonly instead?: string },
  at: number | null,
): Checked<never> {
  return { ok: false, violations: [violation('statement-is-one-select', facts, { sql, at })] };
}

function notTaken(sql: string, { reason, position }: Extract<Parse, { ok: false }>): Checked<never> {
  // The grammar takes a sign it does not know for a part of a name, and stumbles over what comes later.
  const odd = reason === 'syntax' ? firstOddSign(sql) : null;
  if (odd !== null) {
    const instead = `\`${odd.text}\` is no sign of SQL here: write \`${odd.plain}\``;
    return notOneSelect(sql, { found: FOUND[reason], instead }, byteOffsetOf(sql, odd.start));
  }
  return notOneSelect(sql, { found: FOUND[reason], ...INSTEAD[reason] }, position ?? null);
}

/** Where the second of several statements begins. */
function secondStatement(sql: string): number | null {
  const tokens = sqlTokens(sql);
  const end = tokens.findIndex((t) => t.text === ';');
  const next = tokens.find((t, index) => index > end && t.text !== ';');
  return end < 0 || next === undefined ? null : byteOffsetOf(sql, next.start);
}

/**
 * Reads JSON without rounding: an integer beyond 2^53 becomes a bigint instead of a neighbour of itself.
 *
 * The grammar writes a number over the largest double as a bare word, which is no JSON.
 */
function parseLossless(reader: NodeReader, text: string): unknown {
  const keepInteger = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value;
  try {
    // To ask of every value takes most of the time of a parse, and nearly no text has such an integer.
    return LONG_DIGITS.test(text.replaceAll(NOWHERE, '')) ? JSON.parse(text, keepInteger) : JSON.parse(text);
  } catch {
    return refuse(reader, null, 'number of this size', 'write numbers below 1e308');
  }
}
