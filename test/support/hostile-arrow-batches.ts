import { zstdCompressSync } from 'node:zlib';
import {
  arrowBatch,
  arrowDictionary,
  arrowField,
  arrowSchema,
  arrowStream,
  type HostileBatch,
  offsets,
  textField,
} from './hostile-arrow.ts';
import type { FlatSpec } from './hostile-flatbuffer.ts';
import { plainNumbers } from './hostile-parquet.ts';
import { askFor, type HostileCase } from './hostile-suite.ts';

const NONE = Buffer.alloc(0);
const MIB = 1_048_576;
const LZ4 = 0;
const ZSTD = 1;
const asText = { columns: askFor({ kind: 'text' }) };

function numbers(rows: number, buffers: readonly Uint8Array[], said: HostileBatch = {}): () => Buffer {
  return () => arrowStream(arrowSchema(), arrowBatch(rows, buffers, said));
}

function texts(rows: number, buffers: readonly Uint8Array[]): () => Buffer {
  return () => arrowStream(arrowSchema([textField]), arrowBatch(rows, buffers));
}

function typed(field: FlatSpec, rows: number, ...buffers: readonly Uint8Array[]): () => Buffer {
  return () => arrowStream(arrowSchema([field]), arrowBatch(rows, [NONE, ...buffers]));
}

/** A buffer behind the length it says it unpacks to. */
function packed(unpackedBytes: bigint, bytes: Uint8Array): Buffer {
  return Buffer.concat([plainNumbers(unpackedBytes), bytes]);
}

function packedNumbers(rows: number, codec: number, buffer: Uint8Array): () => Buffer {
  return numbers(rows, [NONE, buffer], { more: { 3: { table: { 0: { int8: codec } } } } });
}

const seven = plainNumbers(7);
const zeros = Buffer.alloc(4 * MIB);
const lz4Frame = (block: readonly number[]): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]),
    size,
    Buffer.from(block),
    Buffer.alloc(4),
  ]);
};
const MANY_ROWS = 16_000_000;

/** Batches whose rows, buffers, offsets or packing lie. */
export const arrowBatches: readonly HostileCase[] = [
  { title: 'has rows and no bytes', file: numbers(1_000, [NONE, NONE]), ends: 'unreadable' },
  { title: 'has more rows than values', file: numbers(2, [NONE, seven]), ends: 'unreadable' },
  { title: 'has rows beyond all', file: numbers(1, [NONE, seven], { rows: 1n << 50n }), ends: 'part-too-large' },
  { title: 'has fewer rows than none', file: numbers(1, [NONE, seven], { rows: -1n }), ends: 'unreadable' },
  {
    title: 'has another count of rows than its column',
    file: numbers(1, [NONE, seven], { nodes: [[5, 0]] }),
    ends: 'unreadable',
  },
  { title: 'has no column', file: numbers(1, [NONE, seven], { nodes: [] }), ends: 'unreadable' },
  { title: 'has no buffers', file: numbers(1, [], {}), ends: 'unreadable' },
  {
    title: 'has a buffer after its body',
    file: numbers(1, [NONE, seven], {
      places: [
        [0, 0],
        [800, 8],
      ],
    }),
    ends: 'unreadable',
  },
  {
    title: 'has a buffer before its body',
    file: numbers(1, [NONE, seven], {
      places: [
        [0, 0],
        [-8, 8],
      ],
    }),
    ends: 'unreadable',
  },
  {
    title: 'has a buffer shorter than nothing',
    file: numbers(1, [NONE, seven], {
      places: [
        [0, 0],
        [0, -8],
      ],
    }),
    ends: 'unreadable',
  },
  {
    title: 'has a buffer beyond all numbers',
    file: numbers(1, [NONE, seven], {
      places: [
        [0, 0],
        [(1n << 63n) - 8n, 8],
      ],
    }),
    ends: 'unreadable',
  },
  {
    title: 'has gaps and does not say which',
    file: numbers(1, [NONE, seven], { nodes: [[1, 1]] }),
    ends: 'unreadable',
  },
  {
    title: 'has too few bits for its gaps',
    file: numbers(9, [Buffer.from([255]), Buffer.alloc(72)]),
    ends: 'unreadable',
  },
  {
    title: 'lies about how many gaps it has, which nobody believes',
    file: numbers(1, [Buffer.from([1]), seven], { nodes: [[1, 900]] }),
    ends: { rows: 1 },
  },
  {
    title: 'has offsets of text that fall',
    file: texts(2, [NONE, offsets(0, 5, 2), Buffer.from('hello')]),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has offsets of text below nothing',
    file: texts(1, [NONE, offsets(-4, 2), Buffer.from('hello')]),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has offsets of text that lead outside',
    file: texts(1, [NONE, offsets(0, 2 ** 31 - 1), Buffer.from('hello')]),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has too few offsets',
    file: texts(2, [NONE, offsets(0, 2), Buffer.from('hello')]),
    ends: 'unreadable',
    ...asText,
  },
  { title: 'has no offsets', file: texts(2, [NONE, NONE, Buffer.from('hello')]), ends: 'unreadable', ...asText },
  {
    title: 'has long offsets that lead outside',
    file: () =>
      arrowStream(
        arrowSchema([arrowField({ 2: { int8: 20 }, 3: { table: {} } })]),
        arrowBatch(1, [NONE, plainNumbers(0, (1n << 63n) - 1n), Buffer.from('hello')]),
      ),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'holds text that is no text, halves of characters, and a NUL',
    file: texts(4, [
      NONE,
      offsets(0, 2, 5, 8, 12),
      Buffer.concat([Buffer.from([0xff, 0xfe, 0xed, 0xa0, 0x80]), Buffer.from('a\0bgood')]),
    ]),
    ends: { rows: 1, rejects: ['encoding', 'encoding', 'not-text'] },
    ...asText,
  },
  {
    title: 'holds what is no number, infinities and the largest',
    file: typed(
      arrowField({ 2: { int8: 3 }, 3: { table: { 0: { int16: 2 } } } }),
      5,
      Buffer.from(Float64Array.of(Number.NaN, Infinity, -0, 1e300, 1.5).buffer),
    ),
    ends: { rows: 2, rejects: ['not-a-decimal', 'not-a-decimal', 'out-of-range'] },
    columns: askFor({ kind: 'decimal', scale: 2 }),
  },
  {
    title: 'holds a decimal of 38 digits',
    file: typed(arrowField({ 2: { int8: 7 }, 3: { table: { 1: { int32: 2 } } } }), 1, Buffer.alloc(16, 0x4b)),
    ends: { rows: 0, rejects: ['out-of-range'] },
    columns: askFor({ kind: 'decimal', scale: 2 }),
  },
  {
    title: 'holds days and moments after the end of time',
    file: typed(
      arrowField({ 2: { int8: 10 }, 3: { table: { 0: { int16: 0 } } } }),
      2,
      plainNumbers((1n << 63n) - 1n, -(1n << 63n)),
    ),
    ends: { rows: 0, rejects: ['out-of-range', 'out-of-range'] },
    columns: askFor({ kind: 'timestamp' }),
  },
  { title: 'is packed in an unknown way', file: packedNumbers(1, 7, packed(8n, seven)), ends: 'not-supported' },
  {
    title: 'is packed and says what it holds',
    file: packedNumbers(zeros.length / 8, ZSTD, packed(BigInt(zeros.length), zstdCompressSync(zeros))),
    ends: { rows: zeros.length / 8 },
  },
  {
    title: 'is packed and says less than it holds',
    file: packedNumbers(1, ZSTD, packed(8n, zstdCompressSync(zeros))),
    ends: 'unreadable',
  },
  {
    title: 'is packed and says more than it holds',
    file: packedNumbers(1, ZSTD, packed(BigInt(100 * MIB), zstdCompressSync(seven))),
    ends: 'unreadable',
  },
  {
    title: 'is packed and says more than any batch',
    file: packedNumbers(1, ZSTD, packed(BigInt(1_000 * MIB), zstdCompressSync(seven))),
    ends: 'part-too-large',
  },
  {
    title: 'is packed and says less than nothing',
    file: packedNumbers(1, ZSTD, packed(-8n, zstdCompressSync(seven))),
    ends: 'unreadable',
  },
  {
    title: 'is packed and shorter than its length',
    file: packedNumbers(1, ZSTD, Buffer.from([1, 2, 3])),
    ends: 'unreadable',
  },
  {
    title: 'is packed with LZ4 and points before its start',
    file: packedNumbers(1, LZ4, packed(8n, lz4Frame([0x10, 65, 9, 0]))),
    ends: 'unreadable',
  },
  {
    title: 'is packed with LZ4 and goes on past its length',
    file: packedNumbers(1, LZ4, packed(8n, lz4Frame([0x1f, 65, 1, 0, ...Buffer.alloc(2_000, 255), 0]))),
    ends: 'unreadable',
  },
  {
    title: 'is packed with LZ4 in noise',
    file: packedNumbers(1, LZ4, packed(8n, Buffer.alloc(64, 0xa5))),
    ends: 'unreadable',
  },
  {
    title: 'stands for two thousand million rows in a few bytes',
    file: () =>
      arrowStream(
        arrowSchema([arrowField({ 2: { int8: 1 }, 3: { table: {} } })]),
        ...Array.from({ length: 125 }, () => arrowBatch(MANY_ROWS, [])),
      ),
    ends: 'too-large',
  },
];

const encoded = arrowField({ 2: { int8: 5 }, 3: { table: {} }, 4: { table: { 0: { int64: 1n } } } });
const two = [NONE, offsets(0, 3, 8), Buffer.from('redgreen')];
const indices = (...places: readonly number[]) => arrowBatch(places.length, [NONE, offsets(...places)]);

function dictionaries(...messages: readonly Uint8Array[]): () => Buffer {
  return () => arrowStream(arrowSchema([encoded]), ...messages);
}

/** Dictionaries that are missing, short, grown, replaced or of another make. */
export const arrowDictionaries: readonly HostileCase[] = [
  {
    title: 'is as it should be',
    file: dictionaries(arrowDictionary(1n, 2, two), indices(0, 1, 1)),
    ends: { rows: 3 },
    ...asText,
  },
  { title: 'is missing', file: dictionaries(indices(0)), ends: 'unreadable', ...asText },
  {
    title: 'is one for another column',
    file: dictionaries(arrowDictionary(9n, 2, two), indices(0)),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'comes after its batch',
    file: dictionaries(indices(0), arrowDictionary(1n, 2, two)),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has fewer entries than its indices say',
    file: dictionaries(arrowDictionary(1n, 2, two), indices(0, 2)),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has indices below nothing',
    file: dictionaries(arrowDictionary(1n, 2, two), indices(-1)),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has entries whose offsets fall',
    file: dictionaries(arrowDictionary(1n, 2, [NONE, offsets(0, 9, 2), Buffer.from('redgreen')]), indices(0)),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has entries beyond all',
    file: dictionaries(arrowDictionary(1n, 2, two, { rows: 1n << 50n }), indices(0)),
    ends: 'part-too-large',
    ...asText,
  },
  {
    title: 'is replaced between batches',
    file: dictionaries(
      arrowDictionary(1n, 2, two),
      indices(0, 1),
      arrowDictionary(1n, 1, [NONE, offsets(0, 4), Buffer.from('blue')]),
      indices(0),
    ),
    ends: { rows: 3 },
    ...asText,
  },
  {
    title: 'is replaced by a smaller one that old indices miss',
    file: dictionaries(
      arrowDictionary(1n, 2, two),
      arrowDictionary(1n, 1, [NONE, offsets(0, 4), Buffer.from('blue')]),
      indices(1),
    ),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'grows between batches',
    file: dictionaries(
      arrowDictionary(1n, 2, two),
      indices(0),
      arrowDictionary(1n, 1, [NONE, offsets(0, 4), Buffer.from('blue')], { isDelta: true }),
      indices(2),
    ),
    ends: { rows: 2 },
    ...asText,
  },
  {
    title: 'grows before it is there',
    file: dictionaries(arrowDictionary(1n, 2, two, { isDelta: true }), indices(0)),
    ends: 'unreadable',
    ...asText,
  },
  {
    title: 'has no entries at all',
    file: dictionaries(arrowDictionary(1n, 0, [NONE, NONE, NONE]), indices(0)),
    ends: 'unreadable',
    ...asText,
  },
];
