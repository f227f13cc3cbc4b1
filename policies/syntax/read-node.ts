import { type Violation, violation } from '../check/catalogue.ts';
import type { SyntaxExpression, SyntaxQuery } from './syntax-tree.ts';

/** A node of the grammar's JSON tree. */
export type JsonNode = { readonly [key: string]: unknown };

/** Stops the reading of one statement: the tree holds something we do not know. */
export class UnknownSyntax extends Error {
  readonly violation: Violation;
  constructor(unknown: Violation) {
    super(unknown.message);
    this.violation = unknown;
  }
}

/**
 * Reads nodes of one statement; knows its text for the places in violations.
 *
 * Expressions hold queries and queries hold expressions: each finds the other here.
 */
export interface NodeReader {
  readonly sql: string;
  readonly expression: (node: JsonNode) => SyntaxExpression;
  /** Reads the wrapper that the grammar puts around every statement and subquery. */
  readonly query: (statement: JsonNode) => SyntaxQuery;
}

/** Refuses the statement for a construct at a node. */
export function refuse(reader: NodeReader, node: JsonNode | null, construct: string, instead?: string): never {
  const facts = instead === undefined ? { construct } : { construct, instead };
  throw new UnknownSyntax(violation('syntax-is-known', facts, { sql: reader.sql, at: node ? offsetOf(node) : null }));
}

/** A value as a node; anything else is a tree we do not know. */
export function asNode(reader: NodeReader, value: unknown): JsonNode {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonNode;
  return refuse(reader, null, 'unknown tree');
}

/** A value as a list of nodes. */
export function asNodes(reader: NodeReader, value: unknown): readonly JsonNode[] {
  if (!Array.isArray(value)) return refuse(reader, null, 'unknown tree');
  return value.map((v) => asNode(reader, v));
}

/** A value as text. */
export function asText(reader: NodeReader, value: unknown): string {
  if (typeof value === 'string') return value;
  return refuse(reader, null, 'unknown tree');
}

/** Where a node stands, in bytes; the grammar writes the largest 64-bit number for "nowhere". */
export function offsetOf(node: JsonNode): number | null {
  const at = node.query_location;
  return typeof at === 'number' && Number.isSafeInteger(at) ? at : null;
}

/**
 * Checks that a node holds only keys we know.
 *
 * A new version of the grammar may hang a new clause on an old node: a key that we drop silently would make the
 * engine and the check read different queries.
 */
export function onlyKeys(reader: NodeReader, node: JsonNode, known: readonly string[]): void {
  for (const key of Object.keys(node)) {
    if (!known.includes(key) && key !== 'query_location') refuse(reader, node, key);
  }
}

/** An expression that may be missing. */
export function readOptional(reader: NodeReader, value: unknown): SyntaxExpression | null {
  return value === null || value === undefined ? null : reader.expression(asNode(reader, value));
}

/** Checks that a key holds the value that means "not used"; else refuses, with what to write instead. */
export function mustBeUnused(
  reader: NodeReader,
  node: JsonNode,
  key: string,
  construct: string,
  instead?: string,
): void {
  const value = node[key];
  const unused =
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0);
  if (!unused) refuse(reader, node, construct, instead);
}

/** A list of plain names; a missing list is empty. */
export function asNames(reader: NodeReader, node: JsonNode, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value.map((name) => asName(reader, node, name)) : refuse(reader, node, 'unknown tree');
}

/**
 * An entry of a table by a name from a tree, which may be anybody's: `constructor` is no entry, though all tables have
 * it.
 */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** A name that can be printed without surprises; the grammar accepts any text between quotes. */
const PLAIN_IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]{0,62}$/u;

/** A value as a plain name. Quoted names with odd characters are how text is smuggled through a printer. */
export function asName(reader: NodeReader, node: JsonNode, value: unknown): string {
  const name = asText(reader, value);
  if (!PLAIN_IDENTIFIER.test(name)) {
    refuse(reader, node, 'quoted name', 'use names of letters, digits and underscores, at most 63 characters long');
  }
  // Names are compared without case, as DuckDB does; one case from here on.
  return name.toLowerCase();
}
