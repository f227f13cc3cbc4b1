import {
  type HostileParquet,
  numberColumn,
  oneChunk,
  plainNumbers,
  textColumn,
  writeHostileParquet,
} from './hostile-parquet.ts';
import type { HostileCase } from './hostile-suite.ts';
import { listHeader, type ThriftField, varint, writeThrift } from './hostile-thrift.ts';

const page = { body: plainNumbers(7) };
const whole = oneChunk(1, [page]);
const footerStart = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
const STRUCT = 12;
const LIST = 9;
const BINARY = 8;

/** A file of one row, but for what is said. */
function file(said: HostileParquet): () => Buffer {
  return () => oneChunk(1, [page], {}, said);
}

function withFooter(...fields: readonly ThriftField[]): () => Buffer {
  return file({ footer: writeThrift(fields) });
}

function columnsOf(...columns: readonly (readonly ThriftField[])[]): () => Buffer {
  return file({ columns });
}

const named = (name: string): readonly ThriftField[] => [
  [1, 'i32', 2],
  [3, 'i32', 0],
  [4, 'text', name],
];

const group = (name: string, children: number): readonly ThriftField[] => [
  [3, 'i32', 0],
  [4, 'text', name],
  [5, 'i32', children],
];

/** Ends of the file, schemas and structures that lie. */
export const parquetFooters: readonly HostileCase[] = [
  ...[0, 1, 3].map((length) => ({
    title: `is cut to ${length} bytes`,
    file: () => whole.subarray(0, length),
    ends: length === 0 ? 'empty' : 'not-this-format',
  })),
  ...[
    4,
    8,
    12,
    20,
    footerStart,
    footerStart + 5,
    whole.length - 9,
    whole.length - 8,
    whole.length - 4,
    whole.length - 1,
  ].map((length) => ({ title: `is cut to ${length} bytes`, file: () => whole.subarray(0, length), ends: 'truncated' })),
  { title: 'begins with another mark', file: file({ magic: 'PAR2' }), ends: 'not-this-format' },
  { title: 'ends with another mark', file: file({ endMagic: 'PAR2' }), ends: 'truncated' },
  { title: 'ends with the mark of encryption', file: file({ endMagic: 'PARE' }), ends: 'not-supported' },
  { title: 'names an encryption', file: file({ moreFooter: [[8, 'struct', []]] }), ends: 'not-supported' },
  { title: 'promises a footer of four gigabytes', file: file({ footerBytes: 0xffff_ffff }), ends: 'unreadable' },
  { title: 'promises a footer longer than itself', file: file({ footerBytes: 5_000 }), ends: 'unreadable' },
  { title: 'promises a footer of nothing', file: file({ footerBytes: 0 }), ends: 'unreadable' },
  { title: 'has a footer that begins in its middle', file: file({ footerBytes: 30 }), ends: 'unreadable' },
  {
    title: 'has a footer larger than any',
    file: () => oneChunk(1, [page], {}, { footer: Buffer.alloc(40_000_000) }),
    ends: 'part-too-large',
  },
  { title: 'has an empty footer', file: withFooter(), ends: 'unreadable' },
  { title: 'has a footer that never ends', file: file({ footer: Buffer.alloc(100_000, 0x11) }), ends: 'unreadable' },
  {
    title: 'has a number that never ends',
    file: file({ footer: Buffer.concat([Buffer.from([0x15]), Buffer.alloc(1_000, 0xff)]) }),
    ends: 'unreadable',
  },
  { title: 'nests ten thousand structures', file: file({ footer: Buffer.alloc(10_000, 0x1c) }), ends: 'unreadable' },
  {
    title: 'nests ten thousand lists',
    file: file({ footer: Buffer.concat([Buffer.from([0x19]), Buffer.alloc(10_000, 0x19)]) }),
    ends: 'unreadable',
  },
  {
    title: 'promises two thousand million columns',
    file: withFooter([2, LIST, listHeader(2 ** 31 - 1, STRUCT)]),
    ends: 'unreadable',
  },
  {
    title: 'promises a name of four gigabytes',
    file: withFooter([6, BINARY, Buffer.from(varint(2 ** 32 - 1))]),
    ends: 'unreadable',
  },
  {
    title: 'promises texts inside a list of lists',
    file: withFooter([5, LIST, Buffer.concat([listHeader(30_000_000, LIST), listHeader(30_000_000, LIST)])]),
    ends: 'unreadable',
  },
  {
    title: 'has a schema of nothing',
    file: withFooter([2, 'structs', []], [3, 'i64', 0], [4, 'structs', []]),
    ends: 'unreadable',
  },
  {
    title: 'lists its row groups before its columns',
    file: withFooter([4, 'structs', []], [3, 'i64', 0]),
    ends: 'unreadable',
  },
  {
    title: 'has columns inside columns, ten thousand deep',
    file: columnsOf(...Array.from({ length: 10_000 }, () => group('g', 1)), numberColumn),
    ends: 'not-supported',
  },
  {
    title: 'has more columns than any table',
    file: columnsOf(...Array.from({ length: 20_000 }, (_, index) => named(`c${index}`))),
    ends: 'part-too-large',
  },
  {
    title: 'says that a column has children it has not',
    file: columnsOf(numberColumn, group('g', 3)),
    ends: 'unreadable',
  },
  {
    title: 'says that a column has children beyond all',
    file: columnsOf(numberColumn, group('g', 2 ** 31 - 1)),
    ends: 'unreadable',
  },
  {
    title: 'says that a column has fewer than no children',
    file: columnsOf(numberColumn, group('g', -1)),
    ends: 'unreadable',
  },
  { title: 'names a column twice', file: columnsOf(numberColumn, numberColumn), ends: 'header-mismatch' },
  { title: 'names a column twice, by case', file: columnsOf(numberColumn, named('N')), ends: 'header-mismatch' },
  { title: 'lacks the column', file: columnsOf(named('m')), ends: 'header-mismatch' },
  {
    title: 'has the column nested',
    file: file({ columns: [group('n', 1), named('x')], topCount: 1 }),
    ends: 'not-supported',
  },
  {
    title: 'has the column repeated',
    file: columnsOf([
      [1, 'i32', 2],
      [3, 'i32', 2],
      [4, 'text', 'n'],
    ]),
    ends: 'not-supported',
  },
  {
    title: 'has a column of an unknown type',
    file: columnsOf([
      [1, 'i32', 99],
      [3, 'i32', 0],
      [4, 'text', 'n'],
    ]),
    ends: 'unreadable',
  },
  {
    title: 'has a column of no type',
    file: columnsOf([
      [3, 'i32', 0],
      [4, 'text', 'n'],
    ]),
    ends: 'unreadable',
  },
  { title: 'has a column of another type than its pages', file: columnsOf(textColumn), ends: 'unreadable' },
  {
    title: 'has a scale of a thousand million digits',
    file: columnsOf([...numberColumn, [6, 'i32', 5], [7, 'i32', 1_000_000_000]]),
    ends: 'unreadable',
  },
  {
    title: 'has a scale below nothing',
    file: columnsOf([...numberColumn, [6, 'i32', 5], [7, 'i32', -4]]),
    ends: 'unreadable',
  },
  {
    title: 'names its column in bytes that are no text',
    file: columnsOf([
      [1, 'i32', 2],
      [3, 'i32', 0],
      [4, 'text', Buffer.from([0xff, 0xfe])],
    ]),
    ends: 'header-mismatch',
  },
];

const chunk = { pages: [page] };
const groups =
  (...list: NonNullable<HostileParquet['groups']>) =>
  () =>
    writeHostileParquet({ groups: list });
const at = (said: object) => () => oneChunk(1, [page], said);

/** Row groups and chunks that are not what the footer says. */
export const parquetChunks: readonly HostileCase[] = [
  { title: 'says more rows than its groups', file: file({ rows: 2 }), ends: 'unreadable' },
  { title: 'says fewer rows than none', file: groups({ rows: -1, chunks: [chunk] }), ends: 'unreadable' },
  { title: 'says rows beyond all', file: groups({ rows: 2 ** 40, chunks: [chunk] }), ends: 'part-too-large' },
  {
    title: 'says rows beyond all numbers',
    file: groups({ rows: (1n << 63n) - 1n, chunks: [chunk] }),
    ends: 'unreadable',
  },
  { title: 'says another count of values than of rows', file: at({ values: 2 }), ends: 'unreadable' },
  { title: 'has a group without the column', file: groups({ rows: 1, chunks: [] }), ends: 'unreadable' },
  { title: 'has a group with the column twice', file: groups({ rows: 1, chunks: [chunk, chunk] }), ends: 'unreadable' },
  {
    title: 'has more row groups than any file',
    file: groups(...Array.from({ length: 70_000 }, () => ({ rows: 0, chunks: [] }))),
    ends: 'part-too-large',
  },
  {
    title: 'has two groups at one place',
    file: groups({ rows: 1, chunks: [chunk] }, { rows: 1, chunks: [{ ...chunk, start: 4 }] }),
    ends: 'unreadable',
  },
  { title: 'begins in the mark of the file', file: at({ start: 0 }), ends: 'unreadable' },
  { title: 'begins before the file', file: at({ start: -100 }), ends: 'unreadable' },
  { title: 'begins after the file', file: at({ start: 1_000_000 }), ends: 'unreadable' },
  { title: 'begins beyond all numbers', file: at({ start: (1n << 63n) - 1n }), ends: 'unreadable' },
  { title: 'begins in its own middle', file: at({ start: 9, packedBytes: 5 }), ends: 'unreadable' },
  { title: 'ends in the footer', file: at({ packedBytes: 100 }), ends: 'unreadable' },
  { title: 'ends after the file', file: at({ packedBytes: 2 ** 40 }), ends: 'unreadable' },
  { title: 'ends before it begins', file: at({ packedBytes: -10 }), ends: 'unreadable' },
  { title: 'has its dictionary before the file', file: at({ dictionaryStart: 1 }), ends: 'unreadable' },
  {
    title: 'has a group of no rows, and no place for its pages',
    file: groups({ rows: 0, chunks: [{ pages: [{ type: 2, body: page.body }], start: 0, dictionaryStart: 4 }] }),
    ends: { rows: 0 },
  },
  { title: 'has no pages', file: () => oneChunk(1, []), ends: 'unreadable' },
  {
    title: 'has its values in another file',
    file: at({ more: [[1, 'text', 'https://example.com/other']] }),
    ends: 'not-supported',
  },
  { title: 'has a chunk that is encrypted', file: at({ more: [[8, 'struct', []]] }), ends: 'not-supported' },
  { title: 'has a chunk of an unknown packing', file: at({ codec: 99 }), ends: 'not-supported' },
  { title: 'has a chunk packed with LZO', file: at({ codec: 3 }), ends: 'not-supported' },
  { title: 'has a chunk of another type than its column', file: at({ type: 1 }), ends: 'unreadable' },
  {
    title: 'lies in its statistics, bloom filters and indexes, which nobody believes',
    file: at({
      moreMetadata: [
        [
          12,
          'struct',
          [
            [1, 'text', 'not a number'],
            [3, 'i64', -5],
            [5, 'text', Buffer.alloc(40_000, 0xff)],
          ],
        ],
        [14, 'i64', -1],
        [15, 'i32', 2 ** 31 - 1],
      ],
      more: [
        [4, 'i64', -1],
        [5, 'i32', -1],
        [6, 'i64', 2 ** 40],
        [7, 'i32', 2 ** 31 - 1],
      ],
    }),
    ends: { rows: 1 },
  },
];
