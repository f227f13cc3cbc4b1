import type { FileLayout } from '../../../wire/jobs.ts';
import { DELIMITERS, dialectOf, QUOTES } from '../csv/csv-dialect.ts';
import { RefusedInput } from '../refused-input.ts';
import { RowScanner } from '../text/row-scanner.ts';

/** Bytes and rows that are tried under each way of writing. */
const TRIED_BYTES = 65_536;
const TRIED_ROWS_COUNT = 200;

/** One count stands above all of the next. */
const MOST_COUNT = 999;
const FIELDS_WEIGHT = 1_000;
const SHARE_WEIGHT = 1_000_000;

type Written = Required<Pick<FileLayout, 'delimiter' | 'quote'>> & Pick<FileLayout, 'escape'>;

/**
 * Finds the separator, the quotes and the escape under which the rows of a file have most alike numbers of fields, as far
 * as its layout does not say so.
 */
export function sniffCsv(start: Buffer, layout: Partial<FileLayout>): Written {
  let best: Written = { delimiter: layout.delimiter ?? DELIMITERS[0], quote: layout.quote ?? QUOTES[0] };
  if (layout.escape !== undefined) best.escape = layout.escape;
  let bestScore = -1;
  for (const written of candidatesOf(start, layout)) {
    const score = scoreOf(start.subarray(0, TRIED_BYTES), written);
    if (score > bestScore) [best, bestScore] = [written, score];
  }
  return best;
}

function candidatesOf(start: Buffer, layout: Partial<FileLayout>): Written[] {
  const delimiters = layout.delimiter === undefined ? DELIMITERS : [layout.delimiter];
  const quotes = layout.quote === undefined ? QUOTES : [layout.quote];
  return quotes.flatMap((quote) => {
    const doubled = layout.escape === undefined ? [undefined] : [layout.escape];
    const marks = layout.escape === undefined && start.includes(`\\${quote}`) ? [undefined, '\\'] : doubled;
    return marks.flatMap((mark) =>
      delimiters.map((delimiter) => (mark === undefined ? { delimiter, quote } : { delimiter, quote, escape: mark })),
    );
  });
}

// Rows like the first, more fields, more fields in quotes: in this order, each far above the next.
function scoreOf(start: Buffer, written: Written): number {
  const scanner = new RowScanner(dialectOf(written));
  scanner.fill(start, 0);
  if (start.byteLength < TRIED_BYTES) scanner.finish();
  let [rows, alike, first, quoted] = [0, 0, 0, 0];
  try {
    while (rows < TRIED_ROWS_COUNT && scanner.next()) {
      if (scanner.rowEnd - scanner.rowStart <= 2 && scanner.fieldCount === 1) continue;
      rows += 1;
      if (rows === 1) first = scanner.fieldCount;
      if (scanner.fieldCount === first) alike += 1;
      quoted += quotedFields(scanner, written.quote);
    }
  } catch (error) {
    if (!(error instanceof RefusedInput)) throw error;
    return 0;
  }
  if (rows === 0) return 0;
  // Single words stand between apostrophes in many texts; where they are quotes, no row is without.
  const inQuotes = written.quote === QUOTES[0] || quoted >= rows ? quoted : 0;
  const share = first > 1 ? Math.floor((100 * alike) / rows) : 0;
  return share * SHARE_WEIGHT + Math.min(first, MOST_COUNT) * FIELDS_WEIGHT + Math.min(inQuotes, MOST_COUNT);
}

// A value that begins behind a quote was one.
function quotedFields(scanner: RowScanner, quote: string): number {
  let count = 0;
  for (let field = 0; field < scanner.fieldCount; field += 1) {
    const start = scanner.startOf(field);
    if (start > scanner.rowStart && scanner.bytes[start - 1] === quote.charCodeAt(0)) count += 1;
  }
  return count;
}
