import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { findDelimiter, MAX_ROW_BYTES, readStart } from './csv-start.ts';
import type { ColumnHasher, IdentifierColumn } from './identifier-columns.ts';

/** A field that needs quotes whatever the delimiter: quotes, line breaks, white space that somebody could take off. */
const SPECIAL = /["\r\n]|^\s|\s$/;

/** A row as the parser gives it. */
interface ParsedRow {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/**
 * Writes CSV again with the named columns hashed.
 *
 * A row with more or fewer fields than the header is left out: its identifiers may stand under other names, and would go
 * out as they are.
 *
 * @param delimiter null to find it in the header
 * @throws {Error} when a named column is not in the header, or is there twice
 */
export async function* hashCsv(
  source: Readable,
  columns: readonly IdentifierColumn[],
  hasher: ColumnHasher,
  delimiter: string | null,
): AsyncGenerator<string, void, undefined> {
  const { start, rest } = await readStart(source);
  const separator =
    delimiter ??
    findDelimiter(
      start,
      columns.map(({ name }) => name),
    );
  const parser = parse({
    bom: true,
    delimiter: separator,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_ROW_BYTES,
  });
  rest.on('error', (error) => parser.destroy(error));
  rest.pipe(parser);
  let header: string[] | null = null;
  let places: number[] = [];
  let line = 1;
  for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
    const first = line;
    line = info.lines + 1;
    if (record.length === 1 && record[0] === '') continue;
    if (header === null) {
      header = record.map((name) => name.trim());
      places = placesOf(columns, header);
    } else if (record.length !== header.length) {
      hasher.leaveOut({ line: first, column: '', reason: 'wrong-column-count' });
      continue;
    } else {
      hasher.counts.rows += 1;
      for (const [index, column] of columns.entries()) {
        const place = places[index] as number;
        record[place] = hasher.hash(column, record[place] as string, first) ?? '';
      }
    }
    yield `${record.map((field) => quoted(field, separator)).join(separator)}\n`;
  }
  if (header === null) throw new Error('the file holds no header row');
}

// A name that is not found would leave its column as it is, raw identifiers and all.
function placesOf(columns: readonly IdentifierColumn[], header: readonly string[]): number[] {
  return columns.map(({ name }) => {
    const place = header.indexOf(name);
    if (place < 0) throw new Error(`there is no column \`${name}\`; the header names ${header.join(', ')}`);
    if (header.lastIndexOf(name) !== place) throw new Error(`two columns are named \`${name}\`; rename one of them`);
    return place;
  });
}

function quoted(field: string, delimiter: string): string {
  return SPECIAL.test(field) || field.includes(delimiter) ? `"${field.replaceAll('"', '""')}"` : field;
}
