import type { FileLayout } from '../../../wire/jobs.ts';
import { dialectOf } from '../csv/csv-dialect.ts';
import { NullWords } from '../csv/null-words.ts';
import { MAX_FILE_COLUMNS_COUNT } from '../limits.ts';
import type { RawValue } from '../raw-value.ts';
import { RefusedInput } from '../refused-input.ts';
import { RowScanner } from '../text/row-scanner.ts';
import type { TextSource } from '../text/text-source.ts';
import type { ColumnSample } from './column-sample.ts';
import { namesSomebody } from './names-somebody.ts';
import { TableSample } from './table-sample.ts';

/** Bytes of a text that are looked at: a little less than clients send of a large file to have it looked at. */
const MAX_LOOKED_BYTES = 15_728_640;

const LINES = { delimiter: 0, quote: -1, escape: -1 };

/** Looks at the first rows of CSV whose way of writing is known. */
export async function sampleCsv(text: TextSource, layout: Partial<FileLayout>): Promise<TableSample> {
  const table = new TableSample();
  const nullWords = new NullWords(layout.nullWords ?? []);
  let samples: (ColumnSample | null)[] | null = null;
  await scanRows(new RowScanner(dialectOf(layout)), text, (scanner, field) => {
    if (scanner.fieldCount === 1 && field(0) === '') return false;
    if (samples === null) {
      const names = Array.from({ length: scanner.fieldCount }, (_, index) => field(index).trim());
      if (names.some(namesSomebody)) throw new RefusedInput('no-header');
      samples = names.map((name) => table.addColumn(name));
      scanner.keepFields(samples.length);
      return false;
    }
    if (scanner.fieldCount !== samples.length) return false;
    return table.addRow(samples, (index) => {
      const value = field(index);
      return nullWords.has(Buffer.from(value), 0, Buffer.byteLength(value)) ? null : value;
    });
  });
  return table;
}

/** Looks at the first rows of a file of one JSON object a line. */
export async function sampleNdjson(text: TextSource): Promise<TableSample> {
  const table = new TableSample();
  const seen = new Set<string>();
  await scanRows(new RowScanner(LINES), text, (_, field) => {
    const object = objectOf(field(0));
    if (object === null) return false;
    for (const [key, value] of Object.entries(object)) {
      if (!seen.has(key) && seen.size < MAX_FILE_COLUMNS_COUNT) {
        if (namesSomebody(key)) throw new RefusedInput('no-header');
        seen.add(key);
        table.addColumn(key);
      }
      table.column(key)?.add(rawOf(value));
    }
    return table.countRow();
  });
  return table;
}

/**
 * Goes through rows until `take` has seen enough, or enough bytes have been looked at. The beginning of a file may be all
 * that is there: where it is cut off is no matter as long as there were rows.
 */
async function scanRows(
  scanner: RowScanner,
  { start, rest }: TextSource,
  take: (scanner: RowScanner, field: (index: number) => string) => boolean,
): Promise<void> {
  const field = (index: number): string => {
    const end = scanner.endOf(index);
    return scanner.bytes.toString('utf8', scanner.startOf(index), end);
  };
  let [looked, rowCount] = [0, 0];
  const takeRows = (): boolean => {
    while (scanner.next()) {
      rowCount += 1;
      if (take(scanner, field)) return true;
    }
    return false;
  };
  const takeAll = (part: Uint8Array): boolean => {
    for (let from = 0; from < part.byteLength; ) {
      from += scanner.fill(part, from);
      if (scanner.isWorthATry() && takeRows()) return true;
    }
    looked += part.byteLength;
    return looked >= MAX_LOOKED_BYTES;
  };
  try {
    if (takeAll(start)) return;
    for await (const part of rest) if (takeAll(part)) return;
    scanner.finish();
    takeRows();
  } catch (error) {
    if (!(error instanceof RefusedInput && error.reason === 'truncated' && rowCount > 1)) throw error;
  }
}

function objectOf(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function rawOf(value: unknown): RawValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'number') return { unreadable: 'type' };
  return Number.isSafeInteger(value) ? BigInt(value) : { float: value, isSingle: false };
}
