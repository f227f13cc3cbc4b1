import {
  gappyColumn,
  type HostilePage,
  oneChunk,
  plainNumbers,
  plainTexts,
  textColumn,
  uint32,
} from './hostile-parquet.ts';
import type { HostileCase } from './hostile-suite.ts';
import { askFor } from './hostile-suite.ts';
import { type ThriftField, varint, zigZag } from './hostile-thrift.ts';

const PLAIN_DICTIONARY = 2;
const DELTAS = 5;
const DELTA_BYTES = 7;
const INDEXED = 8;
const SPLIT = 9;
const TEXT = 6;

const one = plainNumbers(7);
const dictionary: HostilePage = { type: 2, body: plainNumbers(10, 20), values: 2 };
const asText = { columns: askFor({ kind: 'text' }) };
const textFile = { columns: [textColumn] };

function pages(rows: number, ...list: readonly HostilePage[]): () => Buffer {
  return () => oneChunk(rows, list);
}

function gappy(rows: number, ...list: readonly HostilePage[]): () => Buffer {
  return () => oneChunk(rows, list, {}, { columns: [gappyColumn] });
}

function texts(rows: number, ...list: readonly HostilePage[]): () => Buffer {
  return () => oneChunk(rows, list, { type: TEXT }, textFile);
}

/** Indices into the dictionary: a width, and runs or packed groups as they are. */
function indexed(rows: number, ...bytes: readonly number[]): () => Buffer {
  return pages(rows, dictionary, { body: Buffer.from(bytes), values: rows, encoding: INDEXED });
}

/** The levels of a page of the first form, behind their length. */
function levels(...bytes: readonly number[]): Buffer {
  return Buffer.concat([uint32(bytes.length), Buffer.from(bytes)]);
}

/** A page of differences: the shape of its blocks, then bytes as they are. */
function deltas(shape: readonly number[], first: number, ...bytes: readonly number[]): Buffer {
  return Buffer.from([...shape.flatMap(varint), ...varint(zigZag(first)), ...bytes]);
}

const endlessRun = varint(2 ** 32 - 2);

/** Pages whose headers, levels, indices or differences lie. */
export const parquetPages: readonly HostileCase[] = [
  { title: 'is longer than its chunk', file: pages(1, { body: one, packedBytes: 1_000 }), ends: 'unreadable' },
  { title: 'is shorter than nothing', file: pages(1, { body: one, packedBytes: -8 }), ends: 'unreadable' },
  { title: 'unpacks to less than nothing', file: pages(1, { body: one, unpackedBytes: -8 }), ends: 'unreadable' },
  {
    title: 'unpacks to two gigabytes',
    file: pages(1, { body: one, unpackedBytes: 2 ** 31 - 1 }),
    ends: 'part-too-large',
  },
  { title: 'says another length than it has', file: pages(1, { body: one, unpackedBytes: 16 }), ends: 'unreadable' },
  { title: 'is of an unknown kind', file: pages(1, { type: 9, body: one }), ends: 'unreadable' },
  { title: 'has a header of nothing', file: pages(1, { header: Buffer.alloc(1), body: one }), ends: 'unreadable' },
  {
    title: 'has a header that leaves its lengths out',
    file: pages(1, { header: Buffer.from([0x15, 0, 0]), body: one }),
    ends: 'unreadable',
  },
  {
    title: 'has a header that never ends',
    file: pages(1, { header: Buffer.alloc(5_000, 0x1c), body: one }),
    ends: 'unreadable',
  },
  {
    title: 'has no rows',
    file: pages(1, ...Array.from({ length: 50 }, () => ({ body: Buffer.alloc(0), values: 0 }))),
    ends: 'unreadable',
  },
  { title: 'has fewer rows than none', file: pages(1, { body: one, values: -1 }), ends: 'unreadable' },
  {
    title: 'has more rows than its group',
    file: pages(1, { body: plainNumbers(1, 2), values: 2 }),
    ends: 'unreadable',
  },
  { title: 'has two thousand million rows', file: pages(1, { body: one, values: 2 ** 31 - 1 }), ends: 'unreadable' },
  { title: 'has fewer rows than its group', file: pages(2, { body: one }), ends: 'unreadable' },
  { title: 'has fewer values than rows', file: pages(2, { body: one, values: 2 }), ends: 'unreadable' },
  { title: 'is of an unknown encoding', file: pages(1, { body: one, encoding: 77 }), ends: 'not-supported' },
  {
    title: 'has a dictionary twice',
    file: pages(1, dictionary, dictionary, { body: Buffer.from([1, 2, 0]), encoding: INDEXED }),
    ends: 'unreadable',
  },
  {
    title: 'has its dictionary after its values',
    file: pages(2, { body: one }, dictionary, { body: one }),
    ends: 'unreadable',
  },
  {
    title: 'has no dictionary',
    file: pages(1, { body: Buffer.from([1, 2, 0]), encoding: PLAIN_DICTIONARY }),
    ends: 'unreadable',
  },
  {
    title: 'has a dictionary of more entries than bytes',
    file: pages(1, { ...dictionary, values: 3 }, { body: Buffer.from([1, 2, 0]), encoding: INDEXED }),
    ends: 'unreadable',
  },
  {
    title: 'has a dictionary of entries beyond all',
    file: pages(1, { ...dictionary, values: 2 ** 31 - 1 }),
    ends: 'part-too-large',
  },
  { title: 'points after the last entry, in a run', file: indexed(1, 2, 2, 2), ends: 'unreadable' },
  { title: 'points after the last entry, packed', file: indexed(8, 2, 3, 0b11100100, 0), ends: 'unreadable' },
  {
    title: 'points with no bits into a dictionary of none',
    file: pages(1, { type: 2, body: Buffer.alloc(0), values: 0 }, { body: Buffer.from([0, 2]), encoding: INDEXED }),
    ends: 'unreadable',
  },
  { title: 'has indices of 33 bits', file: indexed(1, 33, 2, 0, 0, 0, 0, 0), ends: 'unreadable' },
  { title: 'has indices of 255 bits', file: indexed(1, 255, 2, ...Buffer.alloc(64)), ends: 'unreadable' },
  { title: 'has a run of no values, again and again', file: indexed(1, 1, ...Buffer.alloc(4_000)), ends: 'unreadable' },
  {
    title: 'has a group of no values, again and again',
    file: indexed(1, 0, ...Buffer.alloc(4_000, 1)),
    ends: 'unreadable',
  },
  { title: 'ends inside a run', file: indexed(1, 9, 2, 1), ends: 'unreadable' },
  { title: 'ends inside a packed group', file: indexed(16, 1, 5, 0), ends: 'unreadable' },
  {
    title: 'has a packed group of two thousand million',
    file: indexed(16, 1, ...varint(2 ** 32 - 1), 0),
    ends: 'unreadable',
  },
  {
    title: 'has a length of a run that never ends',
    file: indexed(1, 1, ...Buffer.alloc(20, 0xff)),
    ends: 'unreadable',
  },
  {
    title: 'has a run of two thousand million, of which one is taken',
    file: indexed(1, 1, ...endlessRun, 1),
    ends: { rows: 1 },
  },
  {
    title: 'has levels of two thousand million, of which three are taken',
    file: gappy(3, { body: levels(...endlessRun, 0), values: 3 }),
    ends: { rows: 3 },
  },
  {
    title: 'has levels above the highest',
    file: gappy(1, { body: Buffer.concat([levels(2, 5), one]) }),
    ends: 'unreadable',
  },
  { title: 'has levels that end too early', file: gappy(9, { body: levels(2, 0), values: 9 }), ends: 'unreadable' },
  {
    title: 'has levels longer than the page',
    file: gappy(1, { body: Buffer.concat([uint32(0xffff_fff0), one]) }),
    ends: 'unreadable',
  },
  {
    title: 'has levels in the way nobody writes any longer',
    file: gappy(1, { body: one, levelEncoding: 4 }),
    ends: 'not-supported',
  },
  {
    title: 'has levels that say all are there when none is',
    file: gappy(4, { body: levels(8, 1), values: 4 }),
    ends: 'unreadable',
  },
  {
    title: 'lies about its gaps, in the second form',
    file: gappy(2, {
      type: 3,
      body: Buffer.concat([Buffer.from([4, 1]), one, one]),
      values: 2,
      levelBytes: 2,
      gaps: 1,
    }),
    ends: 'unreadable',
  },
  {
    title: 'has levels longer than itself, in the second form',
    file: gappy(1, { type: 3, body: one, levelBytes: 900 }),
    ends: 'unreadable',
  },
  {
    title: 'has levels shorter than nothing, in the second form',
    file: gappy(1, { type: 3, body: one, levelBytes: -4 }),
    ends: 'unreadable',
  },
  {
    title: 'repeats rows, in the second form',
    file: gappy(1, { type: 3, body: one, repetitionBytes: 4 }),
    ends: 'unreadable',
  },
  {
    title: 'says another count of rows, in the second form',
    file: gappy(1, { type: 3, body: one, rows: 5 }),
    ends: 'unreadable',
  },
  {
    title: 'has a text of four gigabytes',
    file: texts(1, { body: Buffer.concat([uint32(0xffff_ffff), Buffer.from('x')]) }),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has a text that runs into the next page',
    file: texts(2, { body: Buffer.concat([uint32(60), Buffer.from('x')]) }, { body: plainTexts('y') }),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has texts without a length',
    file: texts(2, { body: plainTexts('x'), values: 2 }),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has blocks of no differences',
    file: pages(2, { body: deltas([0, 4, 2], 1), values: 2, encoding: DELTAS }),
    ends: 'unreadable',
  },
  {
    title: 'has blocks of no parts',
    file: pages(2, { body: deltas([128, 0, 2], 1), values: 2, encoding: DELTAS }),
    ends: 'unreadable',
  },
  {
    title: 'has blocks of a thousand million differences',
    file: pages(2, { body: deltas([2 ** 30, 1, 2], 1), values: 2, encoding: DELTAS }),
    ends: 'unreadable',
  },
  {
    title: 'has another count of differences',
    file: pages(2, { body: deltas([128, 4, 900], 1), values: 2, encoding: DELTAS }),
    ends: 'unreadable',
  },
  {
    title: 'has differences of 255 bits',
    file: pages(2, { body: deltas([128, 4, 2], 1, 0, 255, 255, 255, 255), values: 2, encoding: DELTAS }),
    ends: 'unreadable',
  },
  {
    title: 'has differences that are not there',
    file: pages(2, { body: deltas([128, 4, 2], 1, 0, 64, 0, 0, 0, 1), values: 2, encoding: DELTAS }),
    ends: 'unreadable',
  },
  {
    title: 'has differences that go round the highest number',
    file: pages(2, {
      body: deltas([128, 4, 2], 1, ...varint(zigZag((1n << 63n) - 1n)), 0, 0, 0, 0),
      values: 2,
      encoding: DELTAS,
    }),
    ends: { rows: 2 },
  },
  {
    title: 'has texts that share more than the text before',
    file: texts(2, {
      body: Buffer.concat([
        deltas([128, 4, 2], 0, ...varint(zigZag(90)), 0, 0, 0, 0),
        deltas([128, 4, 2], 1, 0, 0, 0, 0, 0),
        Buffer.from('xy'),
      ]),
      values: 2,
      encoding: DELTA_BYTES,
    }),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has texts shorter than nothing',
    file: texts(2, {
      body: Buffer.concat([
        deltas([128, 4, 2], 0, 0, 0, 0, 0, 0),
        deltas([128, 4, 2], 1, ...varint(zigZag(-9)), 0, 0, 0, 0),
        Buffer.from('xy'),
      ]),
      values: 2,
      encoding: DELTA_BYTES,
    }),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has texts that all begin with one of a megabyte',
    file: () => {
      const rows = 4_000;
      const first = 1_000_000;
      const parts = Math.ceil((rows - 1) / 128);
      const body = Buffer.concat([
        deltas(
          [128, 4, rows],
          0,
          ...varint(zigZag(first)),
          0,
          0,
          0,
          0,
          ...Array.from({ length: parts - 1 }, () => [0, 0, 0, 0, 0]).flat(),
        ),
        deltas(
          [128, 4, rows],
          first,
          ...varint(zigZag(-first)),
          0,
          0,
          0,
          0,
          ...Array.from({ length: parts - 1 }, () => [0, 0, 0, 0, 0]).flat(),
        ),
        Buffer.alloc(first, 'x'),
      ]);
      return oneChunk(rows, [{ body, values: rows, encoding: DELTA_BYTES }], { type: TEXT }, textFile);
    },
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has split values of another length',
    file: pages(2, { body: one, values: 2, encoding: SPLIT }),
    ends: 'unreadable',
  },
  {
    title: 'has values of no bytes',
    file: () => oneChunk(5, [{ body: Buffer.alloc(0), values: 5 }], { type: 7 }, { columns: [fixedColumn(0)] }),
    ends: 'unreadable',
  },
];

function fixedColumn(bytes: number): readonly ThriftField[] {
  return [
    [1, 'i32', 7],
    [2, 'i32', bytes],
    [3, 'i32', 0],
    [4, 'text', 'n'],
  ];
}
