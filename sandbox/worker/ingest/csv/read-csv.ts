import type { FileLayout, IngestColumn } from '../../../wire/jobs.ts';
import type { RunColumn } from '../columns/run-column.ts';
import { placesOf, sourceOf } from '../places-of.ts';
import { RefusedInput } from '../refused-input.ts';
import { isCleanText } from '../text/clean-text.ts';
import { RowScanner } from '../text/row-scanner.ts';
import type { TextSource } from '../text/text-source.ts';
import type { UploadWriter } from '../upload-writer.ts';
import { findDialect } from './csv-dialect.ts';
import { NullWords } from './null-words.ts';

/** What is read: the columns of the job, and how the file is said to be written. */
export interface TextTable {
  columns: readonly IngestColumn[];
  layout: FileLayout;
}

/**
 * Reads a CSV file with a header row, given as UTF-8.
 *
 * Shape: an empty field is a missing value. Lines are counted as they are in the file, line breaks inside quotes
 * included.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readCsv(table: TextTable, { start, rest }: TextSource, writer: UploadWriter): Promise<void> {
  const names = table.columns.map(sourceOf);
  const reader = new CsvReader(table, writer, headerLine(start), names);
  reader.take(start);
  for await (const part of rest) reader.take(part);
  reader.end();
}

class CsvReader {
  readonly #scanner: RowScanner;
  readonly #names: readonly string[];
  readonly #writer: UploadWriter;
  readonly #columns: readonly RunColumn[];
  readonly #nullWords: NullWords;
  #places: Int32Array | null = null;
  #fieldCount = 0;

  constructor({ layout }: TextTable, writer: UploadWriter, header: string, names: readonly string[]) {
    this.#names = names;
    this.#writer = writer;
    this.#columns = writer.columns;
    this.#nullWords = new NullWords(layout.nullWords ?? []);
    this.#scanner = new RowScanner(findDialect(header, layout, names));
  }

  take(part: Uint8Array): void {
    for (let from = 0; from < part.byteLength; ) {
      from += this.#scanner.fill(part, from);
      if (this.#scanner.isWorthATry()) this.#takeRows();
    }
  }

  end(): void {
    this.#scanner.finish();
    this.#takeRows();
    if (this.#places === null) throw new RefusedInput('empty');
  }

  #takeRows(): void {
    const scanner = this.#scanner;
    const areClean = isCleanText(scanner.region());
    while (scanner.next()) {
      // A blank line is no row.
      if (scanner.fieldCount === 1 && scanner.endOf(0) === scanner.startOf(0)) continue;
      if (this.#places === null) this.#takeHeader();
      else if (scanner.fieldCount !== this.#fieldCount) {
        this.#writer.reject({ line: scanner.line, column: '', reason: 'wrong-column-count' });
      } else {
        this.#takeRow(areClean || isCleanText(scanner.bytes.subarray(scanner.rowStart, scanner.rowEnd)));
      }
    }
  }

  #takeHeader(): void {
    const scanner = this.#scanner;
    const names = Array.from({ length: scanner.fieldCount }, (_, field) => {
      const end = scanner.endOf(field);
      return scanner.bytes.toString('utf8', scanner.startOf(field), end).trim();
    });
    this.#places = Int32Array.from(placesOf(this.#names, names));
    this.#fieldCount = scanner.fieldCount;
    scanner.keepFields(this.#fieldCount);
  }

  #takeRow(areClean: boolean): void {
    const scanner = this.#scanner;
    const { bytes, line } = scanner;
    const writer = this.#writer;
    const columns = this.#columns;
    const places = this.#places as Int32Array;
    const { row } = writer;
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] as RunColumn;
      const field = places[index] as number;
      const end = scanner.endOf(field);
      const start = scanner.startOf(field);
      const isMissing = start === end || this.#nullWords.has(bytes, start, end);
      const reason = isMissing ? column.setRaw(row, null) : column.setText(row, bytes, start, end, areClean);
      if (reason !== null) {
        writer.rejectValue(line, index, reason);
        return;
      }
    }
    writer.keepRow(line);
  }
}

/** The first line that is not empty. */
export function headerLine(start: Buffer): string {
  const [line = ''] = start
    .toString('utf8')
    .replace(/^[\r\n]+/, '')
    .split(/[\r\n]/, 1);
  return line;
}
