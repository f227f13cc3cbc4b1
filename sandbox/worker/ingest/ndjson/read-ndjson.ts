import type { IngestColumn } from '../../../wire/jobs.ts';
import type { RejectReason } from '../../../wire/reasons.ts';
import type { RunColumn } from '../columns/run-column.ts';
import { sourceOf } from '../places-of.ts';
import { RefusedInput } from '../refused-input.ts';
import { isCleanText } from '../text/clean-text.ts';
import { RowScanner } from '../text/row-scanner.ts';
import type { TextSource } from '../text/text-source.ts';
import type { UploadWriter } from '../upload-writer.ts';
import { rawNumber } from './json-number.ts';
import { type FoundValue, isSpace, JsonObjectReader, unescapeText } from './json-object.ts';

const OPEN_OBJECT = 0x7b;

/** Rows that are lines: nothing stands between fields or around them. A NUL is no part of any text. */
export const LINES = { delimiter: 0, quote: -1, escape: -1 };

/**
 * Reads a file of one JSON object a line.
 *
 * Shape: a value is found by its key; null and a key that is not there are missing values. A text is read as in CSV; a
 * number is exactly what stands there, and no text.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readNdjson(
  columns: readonly IngestColumn[],
  { start, rest }: TextSource,
  writer: UploadWriter,
): Promise<void> {
  const first = start.find((byte) => !isSpace(byte));
  if (first !== undefined && first !== OPEN_OBJECT) throw new RefusedInput('not-this-format');
  const reader = new NdjsonReader(columns, writer);
  reader.take(start);
  for await (const part of rest) reader.take(part);
  reader.end();
}

class NdjsonReader {
  readonly #scanner = new RowScanner(LINES);
  readonly #columns: readonly IngestColumn[];
  readonly #writer: UploadWriter;
  readonly #object: JsonObjectReader;
  /** Which columns some line has named. */
  readonly #isNamed: boolean[];
  #lineCount = 0;

  constructor(columns: readonly IngestColumn[], writer: UploadWriter) {
    this.#columns = columns;
    this.#writer = writer;
    this.#object = new JsonObjectReader(columns.map(sourceOf));
    this.#isNamed = columns.map(() => false);
  }

  take(part: Uint8Array): void {
    for (let from = 0; from < part.byteLength; ) {
      from += this.#scanner.fill(part, from);
      if (this.#scanner.isWorthATry()) this.#takeLines();
    }
  }

  end(): void {
    this.#scanner.finish();
    this.#takeLines();
    if (this.#lineCount === 0) throw new RefusedInput('empty');
    // A key that no line has is a misspelt one: a whole column would be missing, and nobody would be told.
    if (this.#isNamed.includes(false)) throw new RefusedInput('header-mismatch');
  }

  #takeLines(): void {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    const areClean = isCleanText(scanner.region());
    while (scanner.next()) {
      const { rowStart, rowEnd, line } = scanner;
      if (isBlank(bytes, rowStart, rowEnd)) continue;
      this.#lineCount += 1;
      if (scanner.fieldCount > 1 || !this.#object.read(bytes, rowStart, rowEnd)) {
        this.#writer.reject({ line, column: '', reason: 'not-an-object' });
      } else this.#takeRow(line, areClean || isCleanText(bytes.subarray(rowStart, rowEnd)));
    }
  }

  #takeRow(line: number, areClean: boolean): void {
    const writer = this.#writer;
    const { columns, row } = writer;
    for (let index = 0; index < columns.length; index += 1) {
      const found = this.#object.values[index] as FoundValue;
      if (found.kind !== 'absent') this.#isNamed[index] = true;
      const reason = this.#setValue(columns[index] as RunColumn, { index, row, found, areClean });
      if (reason !== null) {
        writer.rejectValue(line, index, reason);
        return;
      }
    }
    writer.keepRow(line);
  }

  #setValue(
    column: RunColumn,
    { index, row, found, areClean }: { index: number; row: number; found: FoundValue; areClean: boolean },
  ): RejectReason | null {
    const { bytes } = this.#scanner;
    const { kind, start, end } = found;
    switch (kind) {
      case 'absent':
      case 'null':
        return column.setRaw(row, null);
      case 'text':
        return column.setText(row, bytes, start, end, areClean);
      case 'escaped-text':
        // Half a character is the sign of bytes that were no text before they became JSON.
        return column.setRaw(row, unescapeText(bytes.toString('utf8', start, end)).toWellFormed());
      case 'number': {
        const raw = rawNumber(this.#columns[index] as IngestColumn, bytes, start, end);
        return raw === 'as-it-stands' ? column.setText(row, bytes, start, end, true) : column.setRaw(row, raw.value);
      }
      case 'true':
      case 'false':
        return column.setRaw(row, kind === 'true');
      case 'nested':
        return column.setRaw(row, { unreadable: 'type' });
    }
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (!isSpace(bytes[at] as number)) return false;
  return true;
}
