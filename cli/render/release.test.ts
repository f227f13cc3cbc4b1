import {
  Decimal,
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { intervalOf, readReleaseRows, renderRelease } from './release.ts';

function released(): Uint8Array {
  const columns = {
    arm: vectorFromArray(['control', 'mens_email'], new Utf8()),
    persons: vectorFromArray([21_306n, 21_307n], new Int64()),
    persons_ci95_low: vectorFromArray([21_290n, 21_291n], new Int64()),
    persons_ci95_high: vectorFromArray([21_322n, 21_323n], new Int64()),
    rate: vectorFromArray([0.1062, null], new Float64()),
  };
  return tableToIPC(new Table(columns), 'stream');
}

describe('a release', () => {
  it('is read into plain rows, whole numbers and missing values included', () => {
    const { columns, rows } = readReleaseRows(released());
    expect(columns).toEqual(['arm', 'persons', 'persons_ci95_low', 'persons_ci95_high', 'rate']);
    expect(rows[1]).toEqual({
      arm: 'mens_email',
      persons: 21307,
      persons_ci95_low: 21291,
      persons_ci95_high: 21323,
      rate: null,
    });
  });

  it('is shown with each value beside its interval and no column for the ends', () => {
    const text = renderRelease(readReleaseRows(released()));
    expect(text).toContain('21,306  (21,290 to 21,322)');
    expect(text).not.toContain('ci95');
  });

  it('gives no interval where none was released', () => {
    const [row = {}] = readReleaseRows(released()).rows;
    expect(intervalOf(row, 'persons')).toEqual([21290, 21322]);
    expect(intervalOf(row, 'rate')).toBeUndefined();
  });

  it('keeps the sign and the point of decimals', () => {
    const type = new Decimal(2, 18, 128);
    // -12.34 and 30,311.69 as 128-bit two's complement, lowest word first.
    const words = new Uint32Array([-1234 >>> 0, 0xffffffff, 0xffffffff, 0xffffffff, 3_031_169, 0, 0, 0]);
    const child = makeData({ type, length: 2, nullCount: 0, data: words });
    const schema = new Schema([new Field('spend', type)]);
    const batch = new RecordBatch(
      schema,
      makeData({ type: new Struct(schema.fields), length: 2, nullCount: 0, children: [child] }),
    );
    const { rows } = readReleaseRows(tableToIPC(new Table(batch), 'stream'));
    expect(rows).toEqual([{ spend: -12.34 }, { spend: 30311.69 }]);
  });
});
