import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectOf } from '../csv/csv-dialect.ts';
import { RefusedInput } from '../refused-input.ts';
import { type Dialect, RowScanner } from './row-scanner.ts';

interface Row {
  line: number;
  fields: string[];
}

/** The rows of a text that comes in parts of these lengths, over and over. */
function scan(text: Buffer, dialect: Dialect, lengths: readonly number[] = [text.length]): Row[] | string {
  const scanner = new RowScanner(dialect);
  const rows: Row[] = [];
  const take = () => {
    while (scanner.next()) {
      const fields = Array.from({ length: scanner.fieldCount }, (_, field) => {
        const end = scanner.endOf(field);
        return scanner.bytes.toString('utf8', scanner.startOf(field), end);
      });
      rows.push({ line: scanner.line, fields });
    }
  };
  try {
    for (let at = 0, turn = 0; at < text.length; turn += 1) {
      const part = text.subarray(at, at + Math.max(1, lengths[turn % lengths.length] ?? 1));
      // More often than there is need: a row may be cut anywhere.
      for (let from = 0; from < part.length; take()) from += scanner.fill(part, from);
      at += part.length;
    }
    scanner.finish();
    take();
    return rows;
  } catch (error) {
    return error instanceof RefusedInput ? error.reason : Promise.reject(error).toString();
  }
}

const delimiters = fc.constantFrom(',', ';', '\t', '|');
const escapes = fc.constantFrom<{ quote: string; escape?: string }>(
  { quote: '"' },
  { quote: "'" },
  { quote: '"', escape: '\\' },
  { quote: '' },
);
const anyText = fc
  .array(
    fc.constantFrom('a', 'é', '', ' ', ',', ';', '\t', '|', '"', '""', "'", '\\', '\n', '\r', '\r\n', '",', ',"'),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(''));
const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

/** The same by a parser that others wrote. */
function readByOthers(
  text: string,
  layout: { delimiter: string; quote: string; escape?: string },
): string[][] | string {
  try {
    return parse(Buffer.from(text), {
      delimiter: layout.delimiter,
      quote: layout.quote === '' ? false : layout.quote,
      escape: layout.escape ?? (layout.quote === '' ? '"' : layout.quote),
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    }) as string[][];
  } catch {
    return 'truncated';
  }
}

describe('the fields of a csv file', () => {
  it('are those that another parser finds, whatever is written and wherever it is cut', () =>
    fc.assert(
      fc.property(anyText, delimiters, escapes, lengths, (text, delimiter, quoting, parts) => {
        const found = scan(Buffer.from(text), dialectOf({ delimiter, ...quoting }), parts);
        const fields = typeof found === 'string' ? found : found.map((row) => row.fields);
        expect(fields).toEqual(readByOthers(text, { delimiter, ...quoting }));
      }),
      { numRuns: 600 },
    ));

  it('are those that were written, on the lines on which they were written', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', 'ü', ' '), maxLength: 6 });
    const ends = fc.constantFrom('\n', '\r\n', '\r');
    return fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(value, { minLength: 1, maxLength: 4 }), ends)), lengths, (rows, parts) => {
        let text = '';
        const expected: Row[] = [];
        for (const [fields, end] of rows) {
          // The end of one line and the beginning of the next must not join into one line break.
          const line = (text.match(/\r\n|\r|\n/g)?.length ?? 0) + 1;
          text += `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}${end}`;
          expected.push({ line, fields });
        }
        expect(scan(Buffer.from(text), dialectOf({}), parts)).toEqual(expected);
      }),
    );
  });

  it('are found in one go however small the parts are', () => {
    const text = Buffer.from(`a,b\n"${'x'.repeat(300_000)}",y\n`);
    expect(scan(text, dialectOf({}), [100_000])).toHaveLength(2);
  });

  it('may be more than any table has', () => {
    const rows = scan(Buffer.from(`${'x,'.repeat(5_000)}y\n`), dialectOf({}));
    expect(Array.isArray(rows) && rows[0]?.fields).toHaveLength(5_001);
  });

  it.each([
    ['row-too-long', `a\n${'x'.repeat(1_100_000)}\n`],
    ['row-too-long', `a\n"${'x'.repeat(2_200_000)}`],
    ['truncated', 'a\n"x'],
  ])('are refused as %s', (reason, text) => {
    expect(scan(Buffer.from(text), dialectOf({}))).toBe(reason);
  });
});
