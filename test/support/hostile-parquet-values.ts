import {
  gappyColumn,
  type HostileChunk,
  type HostilePage,
  numberColumn,
  oneChunk,
  plainNumbers,
  plainTexts,
  textColumn,
  uint32,
  writeHostileParquet,
} from './hostile-parquet.ts';
import type { HostileCase } from './hostile-suite.ts';
import { askFor } from './hostile-suite.ts';
import { type ThriftField, varint } from './hostile-thrift.ts';
import { packers } from './packed.ts';

const TEXT = 6;
const one = plainNumbers(7);
const asText = { columns: askFor({ kind: 'text' }) };
const textFile = { columns: [textColumn] };

// A run of gaps that is as long as a number can say.
const endlessGaps = Buffer.concat([uint32(6), Buffer.from([...varint(2 ** 32 - 2), 0])]);

const MIB = 1_048_576;
const zeros = Buffer.alloc(4 * MIB);

/** Bytes that unpack to more, less or other than they say, with every packing. */
export const parquetPackings: readonly HostileCase[] = packers.flatMap(({ name, code, pack }): HostileCase[] => {
  const packed =
    (rows: number, page: HostilePage, chunk: Omit<HostileChunk, 'pages'> = {}) =>
    () =>
      oneChunk(rows, [page], { codec: code, ...chunk });
  const rows = zeros.length / 8;
  return [
    {
      title: `${name}: says what it holds`,
      file: packed(rows, { body: pack(zeros), unpackedBytes: zeros.length, values: rows }),
      ends: { rows },
    },
    {
      title: `${name}: says less than it holds`,
      file: packed(1, { body: pack(zeros), unpackedBytes: 8 }),
      ends: 'unreadable',
    },
    {
      title: `${name}: says more than it holds`,
      file: packed(1, { body: pack(one), unpackedBytes: 100 * MIB }),
      ends: 'unreadable',
    },
    {
      title: `${name}: says more than any page`,
      file: packed(1, { body: pack(one), unpackedBytes: 1_000 * MIB }),
      ends: 'part-too-large',
    },
    {
      title: `${name}: is cut off`,
      file: packed(1, { body: pack(one).subarray(0, -3), unpackedBytes: 8 }),
      ends: 'unreadable',
    },
    {
      title: `${name}: is noise`,
      file: packed(1, { body: Buffer.from('f0ffffff7f00a5a5a5a5ffffffffffffffff', 'hex'), unpackedBytes: 8 }),
      ends: 'unreadable',
    },
    { title: `${name}: is nothing`, file: packed(1, { body: Buffer.alloc(0), unpackedBytes: 8 }), ends: 'unreadable' },
  ];
});

function fixedColumn(bytes: number, ...more: readonly ThriftField[]): readonly ThriftField[] {
  return [[1, 'i32', 7], [2, 'i32', bytes], [3, 'i32', 0], [4, 'text', 'n'], ...more];
}

function typedColumn(type: number, ...more: readonly ThriftField[]): readonly ThriftField[] {
  return [[1, 'i32', type], [3, 'i32', 0], [4, 'text', 'n'], ...more];
}

function doubles(...numbers: readonly number[]): Buffer {
  return Buffer.from(Float64Array.from(numbers).buffer);
}

function values(type: number, column: readonly ThriftField[], count: number, body: Buffer): () => Buffer {
  return () => oneChunk(count, [{ body, values: count }], { type }, { columns: [column] });
}

const GROUP_ROWS = 4_194_304;

/** Files that are as the format wants them, and hold what no column can. */
export const parquetValues: readonly HostileCase[] = [
  {
    title: 'holds what is no number, infinities, the smallest and the largest',
    file: values(
      5,
      typedColumn(5),
      7,
      doubles(Number.NaN, Infinity, -Infinity, -0, 5e-324, 1.7976931348623157e308, 2.5),
    ),
    ends: { rows: 2, rejects: ['not-a-decimal', 'not-a-decimal', 'not-a-decimal', 'not-a-decimal', 'out-of-range'] },
    columns: askFor({ kind: 'decimal', scale: 2 }),
  },
  {
    title: 'holds a decimal of 38 digits',
    file: values(
      7,
      fixedColumn(16, [6, 'i32', 5], [7, 'i32', 2], [8, 'i32', 38]),
      1,
      Buffer.from('4b3b4ca85a86c47a098a223fffffffff', 'hex'),
    ),
    ends: { rows: 0, rejects: ['out-of-range'] },
    columns: askFor({ kind: 'decimal', scale: 2 }),
  },
  {
    title: 'holds a decimal of a million bytes',
    file: values(7, fixedColumn(1_000_000, [6, 'i32', 5], [7, 'i32', 2]), 1, Buffer.alloc(1_000_000, 0x7f)),
    ends: { rows: 0, rejects: ['not-a-decimal'] },
    columns: askFor({ kind: 'decimal', scale: 2 }),
  },
  {
    title: 'holds the ends of all whole numbers',
    file: values(2, numberColumn, 2, plainNumbers(-(1n << 63n), (1n << 63n) - 1n)),
    ends: { rows: 2 },
  },
  {
    title: 'holds a number that the column has no room for',
    file: values(2, typedColumn(2, [6, 'i32', 14]), 1, plainNumbers(-1)),
    ends: { rows: 0, rejects: ['out-of-range'] },
  },
  {
    title: 'holds days after the end of time',
    file: values(1, typedColumn(1, [6, 'i32', 6]), 3, Buffer.from(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 0).buffer)),
    ends: { rows: 1, rejects: ['out-of-range', 'out-of-range'] },
    columns: askFor({ kind: 'date' }),
  },
  {
    title: 'holds moments after the end of time',
    file: values(2, typedColumn(2, [6, 'i32', 9]), 3, plainNumbers((1n << 63n) - 1n, -(1n << 63n), 0)),
    ends: { rows: 1, rejects: ['out-of-range', 'out-of-range'] },
    columns: askFor({ kind: 'timestamp' }),
  },
  {
    title: 'holds text that is no text, halves of characters, and a NUL',
    file: () =>
      oneChunk(
        4,
        [
          {
            body: Buffer.concat([
              uint32(2),
              Buffer.from([0xff, 0xfe]),
              uint32(3),
              Buffer.from([0xed, 0xa0, 0x80]),
              plainTexts('a\0b', 'good'),
            ]),
            values: 4,
          },
        ],
        { type: TEXT },
        textFile,
      ),
    ends: { rows: 1, rejects: ['encoding', 'encoding', 'not-text'] },
    ...asText,
  },
  {
    title: 'stands for a thousand million rows in a few pages',
    file: () =>
      writeHostileParquet({
        columns: [gappyColumn],
        groups: Array.from({ length: 250 }, () => ({
          rows: GROUP_ROWS,
          chunks: [{ pages: [{ body: endlessGaps, values: GROUP_ROWS }] }],
        })),
      }),
    ends: 'too-large',
  },
];
