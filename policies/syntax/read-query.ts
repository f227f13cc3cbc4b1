import { type Violation, violation } from '../check/catalogue.ts';
import { asNode, asNodes, type NodeReader, UnknownSyntax } from './read-node.ts';
import { readStatement } from './read-select.ts';
import type { SyntaxSelect } from './syntax-tree.ts';

declare const minted: unique symbol;

/** SQL that is one SELECT made of syntax we know. Only {@link readQuery} makes it. */
export interface ParsedQuery {
  readonly [minted]: 'ParsedQuery';
  readonly sql: string;
  readonly select: SyntaxSelect;
}

/** Longest SQL taken, in bytes: a question of 200 lines has about 10,000. */
export const MAX_SQL_BYTES = 65_536;

/** What the parser worker said of a text: the grammar's tree as JSON, or where it stopped understanding. */
export type Parse =
  | { readonly ok: true; readonly tree: string }
  | {
      readonly ok: false;
      readonly reason: 'syntax' | 'not-select' | 'too-large';
      readonly position?: number | undefined;
    };

/** A stage's answer: its product, or everything that is wrong. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly violations: readonly Violation[] };

const FOUND = {
  syntax: 'not SQL at this place',
  'not-select': 'not a SELECT',
  'too-large': `longer than ${MAX_SQL_BYTES} bytes`,
} as const;

/**
 * Reads the grammar's tree of one submitted text into our own tree.
 *
 * The tree comes from DuckDB's own parser in a worker without data, so that the engine and the check cannot read the
 * text differently.
 */
export function readQuery(sql: string, parse: Parse): Checked<ParsedQuery> {
  if (!parse.ok) return notOneSelect(sql, FOUND[parse.reason], parse.position ?? null);
  const reader: NodeReader = { sql };
  try {
    const root = asNode(reader, parseLossless(parse.tree));
    const statements = asNodes(reader, root.statements);
    const [statement] = statements;
    if (statement === undefined || statements.length !== 1) {
      return notOneSelect(sql, statements.length === 0 ? 'empty' : `${statements.length} statements`, null);
    }
    const select = readStatement(reader, statement);
    return { ok: true, value: { sql, select } as ParsedQuery };
  } catch (cause) {
    if (cause instanceof UnknownSyntax) return { ok: false, violations: [cause.violation] };
    throw cause;
  }
}

function notOneSelect(sql: string, found: string, at: number | null): Checked<never> {
  return { ok: false, violations: [violation('statement-is-one-select', { found }, { sql, at })] };
}

/** Reads JSON without rounding: an integer beyond 2^53 becomes a bigint instead of a neighbour of itself. */
function parseLossless(text: string): unknown {
  const keepInteger = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value;
  return JSON.parse(text, keepInteger);
}
