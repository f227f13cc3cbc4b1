// Attack: a sender writes text that is no table: lines of gigabytes, quotes that never close, bytes that are no text,
// columns that are there twice, numbers no type can hold, a compressed file that unpacks to a thousand times its size.
// Wall: whatever happens, happens in a worker that holds this file alone. A bad row is left out by its line and the
// reason; what has no rows is refused by a word; no value is ever told.
import { gzipSync } from 'node:zlib';
import { repeatedFile } from '../../../sandbox/testkit/index.ts';
import { askFor, type HostileCase, hostileSuite } from '../../support/hostile-suite.ts';

const MIB = 1_048_576;
const clean = { file: Buffer.from('n,m\n1,a\n2,b\n3,c\n'), rows: 3 };

function text(content: string): () => Buffer {
  return () => Buffer.from(content);
}

function bytes(...parts: readonly (string | readonly number[])[]): () => Buffer {
  return () => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
}

function rows(...values: readonly string[]): () => Buffer {
  return text(`n,m\n${values.map((value) => `${value},x\n`).join('')}`);
}

const shapes: readonly HostileCase[] = [
  { title: 'is empty', file: text(''), ends: 'empty' },
  { title: 'is a byte order mark', file: bytes([0xef, 0xbb, 0xbf]), ends: 'empty' },
  { title: 'is a header', file: text('n,m\n'), ends: { rows: 0 } },
  { title: 'is a header without an end', file: text('n,m'), ends: { rows: 0 } },
  { title: 'is lines of nothing', file: () => repeatedFile('', Buffer.alloc(MIB, '\n'), 3), ends: 'empty' },
  {
    title: 'has lines of nothing among its rows',
    file: () => repeatedFile('n,m\n1,2\n', Buffer.alloc(MIB / 4, '\n'), 2),
    ends: { rows: 1 },
  },
  {
    title: 'has a byte order mark twice',
    file: bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], 'n,m\n1,x\n'),
    ends: { rows: 1 },
  },
  { title: 'has a byte order mark among its rows', file: text('n,m\n1,x\n\uFEFF2,x\n'), ends: { rows: 2 } },
  { title: 'ends its lines in three ways', file: text('n,m\r\n1,x\n2,x\r3,x\r\n4,x'), ends: { rows: 4 } },
  {
    title: 'is UTF-16 that ends in half a character',
    file: () => Buffer.concat([Buffer.from('\uFEFFn,m\n1,x\n2,y', 'utf16le'), Buffer.from([0x31])]),
    ends: { rows: 2 },
  },
  { title: 'is UTF-32', file: bytes([0xff, 0xfe, 0, 0, 0x6e, 0, 0, 0, 0x0a, 0, 0, 0]), ends: 'encoding' },
  { title: 'is an archive', file: bytes('PK', [3, 4, 20, 0, 0, 0]), ends: 'not-this-format' },
  { title: 'names a column twice', file: text('n,n\n1,2\n'), ends: 'header-mismatch' },
  { title: 'names a column twice, by case', file: text('n,N\n1,2\n'), ends: 'header-mismatch' },
  { title: 'names a column twice, by spaces', file: text('n, n \n1,2\n'), ends: 'header-mismatch' },
  { title: 'lacks the column', file: text('m\n1\n'), ends: 'header-mismatch' },
  {
    title: 'names a hundred thousand columns',
    file: text(`n,${'x,'.repeat(100_000)}y\n1${',2'.repeat(100_001)}\n`),
    ends: { rows: 1 },
  },
];

const lines: readonly HostileCase[] = [
  {
    title: 'has a header of a gigabyte',
    file: () => repeatedFile('', Buffer.alloc(MIB, 'n'), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'has a header of a gigabyte of commas',
    file: () => repeatedFile('', Buffer.alloc(MIB, ','), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'has a line of a gigabyte',
    file: () => repeatedFile('n,m\n1,', Buffer.alloc(MIB, 'x'), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'has a line of a gigabyte of commas',
    file: () => repeatedFile('n,m\n1,', Buffer.alloc(MIB, ','), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'has a quote that never closes',
    file: () => repeatedFile('n,m\n1,"', Buffer.alloc(MIB, 'x'), 1_024),
    ends: 'row-too-long',
  },
  {
    title: 'has quotes and nothing else',
    file: () => repeatedFile('n,m\n1,"', Buffer.alloc(MIB, '"'), 64),
    ends: 'row-too-long',
  },
  { title: 'ends inside a quote', file: text('n,m\n1,"x\n2,y\n'), ends: 'truncated' },
  {
    title: 'closes a quote in the middle of a field',
    file: text('n,m\n1,"x"y\n2,z\n'),
    ends: { rows: 2 },
  },
  {
    title: 'has rows of other lengths',
    file: text('n,m\n1\n1,2,3\n1,2\n,\n'),
    ends: { rows: 2, rejects: ['wrong-column-count', 'wrong-column-count'] },
  },
];

const values: readonly HostileCase[] = [
  {
    title: 'holds what is no whole number',
    file: rows(
      'NaN',
      'Infinity',
      '-0',
      '1e3',
      '0x10',
      '1.0',
      '١٢',
      '9223372036854775808',
      '-9223372036854775808',
      '9'.repeat(60_000),
      '-9223372036854775809',
    ),
    ends: {
      rows: 2,
      rejects: [
        'not-an-integer',
        'not-an-integer',
        'not-an-integer',
        'not-an-integer',
        'not-an-integer',
        'not-an-integer',
        'out-of-range',
        'out-of-range',
        'out-of-range',
      ],
    },
  },
  {
    title: 'holds what is no decimal',
    file: rows(
      'NaN',
      '-Infinity',
      '1e308',
      '.',
      '-',
      '1.234',
      '99999999999999999999999999999999999999',
      '-0.00',
      '1.2',
    ),
    ends: {
      rows: 2,
      rejects: [
        'not-a-decimal',
        'not-a-decimal',
        'not-a-decimal',
        'not-a-decimal',
        'not-a-decimal',
        'not-a-decimal',
        'out-of-range',
      ],
    },
    columns: askFor({ kind: 'decimal', scale: 2 }),
  },
  {
    title: 'holds days that never were',
    file: rows(
      '2023-02-29',
      '0000-01-01',
      '10000-01-01',
      '-4713-01-01',
      '1970-13-01',
      '1970-1-1',
      '9999-12-31',
      '0001-01-01',
    ),
    ends: { rows: 2, rejects: Array.from({ length: 6 }, () => 'not-a-date') },
    columns: askFor({ kind: 'date' }),
  },
  {
    title: 'holds bytes that are no text, halves of characters, overlong forms and a NUL',
    file: bytes(
      'n,m\n',
      [0xff],
      ',x\n',
      [0xed, 0xa0, 0x80],
      ',x\n',
      [0xc0, 0xaf],
      ',x\n',
      `${'ok,x\n'.repeat(300_000)}`,
      'a\0b,x\n',
    ),
    ends: { rows: 300_000, rejects: ['encoding', 'encoding', 'encoding', 'not-text'] },
    columns: askFor({ kind: 'text' }),
  },
  { title: 'has a NUL where it begins', file: bytes('n,m\n\0,x\n'), ends: 'not-this-format' },
  {
    title: 'holds a text longer than any',
    file: rows('x'.repeat(65_537), 'x'.repeat(65_536)),
    ends: { rows: 1, rejects: ['too-long'] },
    columns: askFor({ kind: 'text' }),
  },
];

const row = '1,2\n';
const packedRows = gzipSync(`n,m\n${row.repeat(1_000)}`);

const packings: readonly HostileCase[] = [
  { title: 'is packed', file: () => packedRows, ends: { rows: 1_000 } },
  { title: 'is packed and cut off', file: () => packedRows.subarray(0, -9), ends: 'truncated' },
  { title: 'is packed and cut to its head', file: () => packedRows.subarray(0, 3), ends: 'truncated' },
  { title: 'is packed and damaged', file: () => Buffer.from(packedRows).fill(0x5a, 20, 40), ends: 'unreadable' },
  {
    title: 'is packed and has another check sum',
    file: () => Buffer.from(packedRows).fill(0, packedRows.length - 8),
    ends: 'unreadable',
  },
  { title: 'is packed twice', file: () => gzipSync(packedRows), ends: 'not-this-format' },
  { title: 'is packed in two parts', file: () => Buffer.concat([packedRows, gzipSync(row)]), ends: { rows: 1_001 } },
  {
    title: 'unpacks to a thousand times its size',
    file: () => gzipSync(Buffer.concat([Buffer.from('n,m\n'), Buffer.alloc(32 * MIB, `1,${'x'.repeat(60_000)}\n`)])),
    ends: 'too-large',
  },
];

hostileSuite('csv', clean, {
  'no table': shapes,
  'lines without end': lines,
  'values that cannot be kept': values,
  'packed files that lie': packings,
});
