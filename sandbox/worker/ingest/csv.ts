import { type CsvError, type Options, type Parser, parse } from 'csv-parse';

import type { IngestColumn } from '../../wire/jobs.ts';
import { readHeaderLine, sniffDelimiter } from './csv-header.ts';
import { placesOf } from './places-of.ts';
import { RefusedInput } from './refused-input.ts';
import type { UploadWriter } from './upload-writer.ts';

/** Longest row: a thousand columns of a thousand characters. */
const MAX_ROW_BYTES = 1_048_576;

/** Bytes in which the header must end. */
const MAX_HEADER_BYTES = 262_144;

/**
 * Reads a CSV file (RFC 4180; also `;`, tab and `|` between the fields) with a header row, in UTF-8.
 *
 * Shape: an empty field is a missing value. Lines are counted as they are in the file, line breaks inside quotes
 * included.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readCsv(
  columns: readonly IngestColumn[],
  bytes: AsyncIterable<Uint8Array>,
  writer: UploadWriter,
): Promise<void> {
  const source = bytes[Symbol.asyncIterator]();
  const start = await readStart(source);
  expectText(start);
  const header = readHeaderLine(start);
  const names = columns.map(({ name }) => name);
  const reader = new CsvReader(columns, writer, sniffDelimiter(header, names));
  await reader.write(start);
  for (let next = await source.next(); next.done !== true; next = await source.next()) await reader.write(next.value);
  await reader.end();
}

// Rows are judged inside the parser's callback and never become stream objects: that is half of the time of a large
// file.
class CsvReader {
  readonly #parser: Parser;
  readonly #columns: readonly IngestColumn[];
  readonly #writer: UploadWriter;
  #fieldCount = 0;
  #places: number[] | null = null;
  #firstLine = 1;
  #failure: Error | null = null;
  #rowCount = 0;
  /** Bytes since a row last ended, or a little more. */
  #openBytes = 0;

  constructor(columns: readonly IngestColumn[], writer: UploadWriter, delimiter: string) {
    this.#columns = columns;
    this.#writer = writer;
    const options: Options = {
      delimiter,
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      // Whichever the first line ends with, a later one may end otherwise: files are put together out of files.
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: MAX_ROW_BYTES,
      on_record: (record, { lines }) => {
        this.#takeRow(record as unknown as string[], lines);
        return null;
      },
    };
    // Of each row with another number of fields the parser makes an error that nobody sees; its stack is what costs.
    Error.stackTraceLimit = 0;
    this.#parser = parse(options);
    this.#parser.on('error', (error: Error) => {
      this.#failure ??= error;
    });
    this.#parser.resume();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const rowsBefore = this.#rowCount;
    await new Promise<void>((resolve) => this.#parser.write(bytes, () => resolve()));
    this.#expectNoFailure();
    // The parser counts the bytes of fields and not what separates them: a row of commas would have no length.
    this.#openBytes = this.#rowCount > rowsBefore ? bytes.byteLength : this.#openBytes + bytes.byteLength;
    if (this.#rowCount === rowsBefore && this.#openBytes > 2 * MAX_ROW_BYTES) throw new RefusedInput('row-too-long');
  }

  async end(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#parser.once('close', resolve);
      this.#parser.end();
    });
    this.#expectNoFailure();
    if (this.#places === null) throw new RefusedInput('empty');
  }

  #takeRow(fields: string[], lastLine: number): void {
    const line = this.#firstLine;
    this.#rowCount += 1;
    this.#firstLine = lastLine + 1;
    // A blank line is no row. The parser could skip it, but then its number would be given to the next row.
    if (fields.length === 1 && fields[0] === '') return;
    if (this.#places === null) {
      this.#places = placesOf(
        this.#columns.map(({ name }) => name),
        fields.map((field) => field.trim()),
      );
      this.#fieldCount = fields.length;
      return;
    }
    const places = this.#places;
    if (fields.length === this.#fieldCount) {
      this.#writer.addRow(line, (column) => fields[places[column] as number] || null);
    } else this.#writer.reject({ line, column: '', reason: 'wrong-column-count' });
  }

  #expectNoFailure(): void {
    if (this.#failure === null) return;
    if (this.#failure instanceof RefusedInput) throw this.#failure;
    const { code } = this.#failure as CsvError;
    if (code === 'CSV_MAX_RECORD_SIZE') throw new RefusedInput('row-too-long');
    throw new RefusedInput(code === 'CSV_QUOTE_NOT_CLOSED' ? 'truncated' : 'unreadable');
  }
}

async function readStart(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < MAX_HEADER_BYTES) {
    const next = await source.next();
    if (next.done === true) break;
    parts.push(next.value);
    length += next.value.byteLength;
  }
  return Buffer.concat(parts);
}

// A NUL never occurs in text; archives, Parquet and Arrow files have one within their first bytes. UTF-16 has one
// in every character.
function expectText(start: Uint8Array): void {
  if (start.includes(0)) throw new RefusedInput(isUtf16(start) ? 'encoding' : 'not-this-format');
}

function isUtf16(start: Uint8Array): boolean {
  return (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
}
