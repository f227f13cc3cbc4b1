import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ColumnHasher, IdentifierColumn } from './identifier-columns.ts';

/** A number as it was written: a program's own numbers would round the long ones. */
interface RawNumber {
  readonly rawJSON: string;
}

// Of ECMAScript's "JSON.parse source text access", which the compiler's library does not know yet.
const exactJson = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
};

/**
 * Writes lines of JSON again with the named members hashed; numbers are kept as they are written.
 *
 * A line that is no object is left out: nobody can say what in it is an identifier.
 *
 * @throws {Error} at the end, when a named member was in no row at all
 */
export async function* hashNdjson(
  source: Readable,
  columns: readonly IdentifierColumn[],
  hasher: ColumnHasher,
): AsyncGenerator<string, void, undefined> {
  const unseen = new Set(columns.map(({ name }) => name));
  let line = 0;
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() === '') continue;
    const row = readRow(text);
    if (row === null) {
      hasher.leaveOut({ line, column: '', reason: 'not-json' });
      continue;
    }
    hasher.counts.rows += 1;
    for (const column of columns) {
      if (!Object.hasOwn(row, column.name)) continue;
      unseen.delete(column.name);
      row[column.name] = hashMember(row[column.name], column, hasher, line);
    }
    yield `${JSON.stringify(row)}\n`;
  }
  const [name] = unseen;
  // A name that differs in a letter would leave its members as they are, raw identifiers and all.
  if (name !== undefined) throw new Error(`no row has a member \`${name}\`; look how it is written in the file`);
}

function hashMember(value: unknown, column: IdentifierColumn, hasher: ColumnHasher, line: number): string | null {
  if (value === null) return hasher.hash(column, '', line);
  if (typeof value === 'string') return hasher.hash(column, value, line);
  if (exactJson.isRawJSON(value)) return hasher.hash(column, value.rawJSON, line);
  hasher.leaveOut({ line, column: column.name, reason: 'not-an-identifier' });
  return null;
}

function readRow(text: string): Record<string, unknown> | null {
  try {
    const row = exactJson.parse(text.replace(/^\ufeff/, ''), (_, value, { source }) =>
      typeof value === 'number' && source !== undefined ? exactJson.rawJSON(source) : value,
    );
    const isObject = typeof row === 'object' && row !== null && !Array.isArray(row) && !exactJson.isRawJSON(row);
    return isObject ? (row as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
