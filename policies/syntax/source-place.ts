/** A place in the submitted SQL, counted as a person counts: line and column from 1, in characters. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
  /** Length in characters; 0 when only the beginning is known. */
  readonly length: number;
}

/** The beginning of the text, for what has no place of its own. */
const START_OF_TEXT: SourcePlace = { line: 1, column: 1, length: 0 };

const IDENTIFIER_PATH =
  /^(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_]*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_]*))*/u;

/**
 * Turns the grammar's byte offset into a place a merchant can find.
 *
 * The grammar counts bytes of UTF-8 and a merchant counts characters: they part at the first Chinese literal.
 */
export function placeOf(sql: string, byteOffset: number | null): SourcePlace {
  if (byteOffset === null) return START_OF_TEXT;
  const index = characterIndex(sql, byteOffset);
  const before = sql.slice(0, index);
  const lineStart = before.lastIndexOf('\n') + 1;
  const name = IDENTIFIER_PATH.exec(sql.slice(index))?.[0] ?? '';
  return {
    line: before.split('\n').length,
    column: [...before.slice(lineStart)].length + 1,
    length: [...name].length,
  };
}

/** The index into the string (UTF-16 units) of a byte offset into its UTF-8. */
export function characterIndex(sql: string, byteOffset: number): number {
  const bytes = new TextEncoder().encode(sql);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, Math.min(byteOffset, bytes.length)))
    .length;
}

/** The byte offset into its UTF-8 of an index into the string (UTF-16 units). */
export function byteOffsetOf(sql: string, index: number): number {
  return new TextEncoder().encode(sql.slice(0, index)).length;
}

/** The index into the string (UTF-16 units) of a place. */
export function indexOfPlace(sql: string, { line, column }: Pick<SourcePlace, 'line' | 'column'>): number {
  const before = sql.split('\n').slice(0, line - 1);
  const lineStart = before.reduce((sum, text) => sum + text.length + 1, 0);
  return lineStart + [...sql.slice(lineStart)].slice(0, column - 1).join('').length;
}
