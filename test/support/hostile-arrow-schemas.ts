import { arrowBatch, arrowField, arrowFile, arrowMessage, arrowSchema, arrowStream, endMark } from './hostile-arrow.ts';
import type { FlatSpec } from './hostile-flatbuffer.ts';
import { plainNumbers } from './hostile-parquet.ts';
import type { HostileCase } from './hostile-suite.ts';

const NONE = Buffer.alloc(0);
const GIB = 1_073_741_824n;
const schema = arrowSchema();
const batch = arrowBatch(1, [NONE, plainNumbers(7)]);
const whole = arrowStream(schema, batch);
const file = arrowFile([batch]);

function metadataPromise(bytes: number): Buffer {
  const prefix = Buffer.alloc(8, 0xff);
  prefix.writeUInt32LE(bytes, 4);
  return Buffer.concat([schema, prefix, Buffer.alloc(1_000)]);
}

/** A stream of one row whose schema has these columns. */
function columns(...fields: readonly FlatSpec[]): () => Buffer {
  return () => arrowStream(arrowSchema(fields), batch);
}

function damaged(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(value >>> 0, at);
  return copy;
}

/** Streams whose messages are not what they say, or not there. */
export const arrowStreams: readonly HostileCase[] = [
  ...[0, 1, 7].map((length) => ({
    title: `is cut to ${length} bytes`,
    file: () => whole.subarray(0, length),
    ends: length === 0 ? 'empty' : 'not-this-format',
  })),
  ...[
    8,
    9,
    60,
    schema.length,
    schema.length + 4,
    schema.length + 20,
    whole.length - 16,
    whole.length - 8,
    whole.length - 1,
  ].map((length) => ({ title: `is cut to ${length} bytes`, file: () => whole.subarray(0, length), ends: 'truncated' })),
  { title: 'begins with another mark', file: () => damaged(whole, 0, 0x1234_5678), ends: 'not-this-format' },
  { title: 'has another mark before its batch', file: () => damaged(whole, schema.length, 0), ends: 'unreadable' },
  { title: 'goes on after its end', file: () => Buffer.concat([whole, whole]), ends: 'unreadable' },
  { title: 'has nothing but an end', file: () => endMark, ends: 'empty' },
  { title: 'has columns and no batch', file: () => arrowStream(schema), ends: { rows: 0 } },
  { title: 'begins with a batch', file: () => arrowStream(batch), ends: 'unreadable' },
  { title: 'has two schemas', file: () => arrowStream(schema, schema, batch), ends: 'unreadable' },
  { title: 'promises metadata of four gigabytes', file: () => metadataPromise(0xffff_ffff), ends: 'part-too-large' },
  { title: 'promises metadata that does not come', file: () => metadataPromise(30_000_000), ends: 'truncated' },
  {
    title: 'promises a body of a thousand gigabytes',
    file: () => arrowStream(schema, arrowBatch(1, [NONE], { bodyBytes: 1_000n * GIB })),
    ends: 'part-too-large',
  },
  {
    title: 'promises a body that does not come',
    file: () => arrowStream(schema, arrowBatch(1, [NONE], { bodyBytes: GIB / 4n })),
    ends: 'truncated',
  },
  {
    title: 'promises a body of less than nothing',
    file: () => arrowStream(schema, arrowBatch(1, [NONE], { bodyBytes: -8n })),
    ends: 'unreadable',
  },
  {
    title: 'has a message of an unknown kind',
    file: () => arrowStream(schema, arrowMessage(9, {})),
    ends: 'not-supported',
  },
  { title: 'has a tensor', file: () => arrowStream(schema, arrowMessage(4, {})), ends: 'not-supported' },
  { title: 'has metadata that points outside', file: () => damaged(whole, 8, 0x7fff_fff0), ends: 'unreadable' },
  { title: 'has metadata that points to itself', file: () => damaged(whole, 8, 0), ends: 'unreadable' },
  {
    title: 'has metadata of noise',
    file: () => Buffer.concat([schema.subarray(0, 8), Buffer.alloc(schema.length - 8, 0xa5)]),
    ends: 'unreadable',
  },
  {
    title: 'is big-endian',
    file: () => arrowStream(arrowSchema([arrowField()], { 0: { int16: 1 } }), batch),
    ends: 'not-supported',
  },
  {
    title: 'has a schema that promises columns beyond all',
    file: () => arrowStream(arrowSchema([], { 1: { promise: 0x7fff_ffff } })),
    ends: 'unreadable',
  },
  {
    title: 'has a schema whose columns are nowhere',
    file: () => arrowStream(arrowSchema([], { 1: { pointer: 0xffff_fff0 } })),
    ends: 'unreadable',
  },
  {
    title: 'has a schema whose columns are the schema itself',
    file: () => arrowStream(arrowSchema([], { 1: { pointer: 0 } })),
    ends: 'header-mismatch',
  },
];

const union = arrowField({ 2: { int8: 14 }, 3: { table: {} }, 5: { tables: [arrowField()] } });
const list = arrowField({ 2: { int8: 12 }, 3: { table: {} }, 5: { tables: [arrowField()] } });
const map = arrowField({ 2: { int8: 17 }, 3: { table: {} }, 5: { tables: [arrowField()] } });

function nested(depth: number): FlatSpec {
  let field = arrowField({ 0: { text: 'leaf' } });
  for (let level = 0; level < depth; level += 1) {
    field = { 0: { text: 's' }, 2: { int8: 13 }, 3: { table: {} }, 5: { tables: [field] } };
  }
  return field;
}

/** Schemas that are too much, or of parts that are not read. */
export const arrowSchemas: readonly HostileCase[] = [
  { title: 'names a column twice', file: columns(arrowField(), arrowField()), ends: 'header-mismatch' },
  {
    title: 'names a column twice, by case',
    file: columns(arrowField(), arrowField({ 0: { text: 'N' } })),
    ends: 'header-mismatch',
  },
  { title: 'lacks the column', file: columns(arrowField({ 0: { text: 'm' } })), ends: 'header-mismatch' },
  {
    title: 'has more columns than any table',
    file: columns(...Array.from({ length: 20_000 }, (_, index) => arrowField({ 0: { text: `c${index}` } }))),
    ends: 'part-too-large',
  },
  { title: 'has columns inside columns, a thousand deep', file: columns(nested(1_000)), ends: 'not-supported' },
  { title: 'has the column as a union', file: columns(union), ends: 'not-supported' },
  { title: 'has the column as a list', file: columns(list), ends: 'not-supported' },
  { title: 'has the column as a map', file: columns(map), ends: 'not-supported' },
  {
    title: 'has the column as views',
    file: columns(arrowField({ 2: { int8: 24 }, 3: { table: {} } })),
    ends: 'not-supported',
  },
  { title: 'has a column of an unknown type', file: columns(arrowField({ 2: { int8: 99 } })), ends: 'not-supported' },
  { title: 'has a column of no type', file: columns(arrowField({ 2: { int8: 0 } })), ends: 'not-supported' },
  {
    title: 'has numbers of 7 bits',
    file: columns(arrowField({ 3: { table: { 0: { int32: 7 }, 1: { int8: 1 } } } })),
    ends: 'unreadable',
  },
  {
    title: 'has numbers of two thousand million bits',
    file: columns(arrowField({ 3: { table: { 0: { int32: 2 ** 31 - 1 } } } })),
    ends: 'unreadable',
  },
  {
    title: 'has a float of an unknown width',
    file: columns(arrowField({ 2: { int8: 3 }, 3: { table: { 0: { int16: 9 } } } })),
    ends: 'unreadable',
  },
  {
    title: 'has a decimal of a thousand million digits',
    file: columns(arrowField({ 2: { int8: 7 }, 3: { table: { 1: { int32: 1_000_000_000 } } } })),
    ends: 'unreadable',
  },
  {
    title: 'has moments of an unknown unit',
    file: columns(arrowField({ 2: { int8: 10 }, 3: { table: { 0: { int16: 9 } } } })),
    ends: 'unreadable',
  },
  {
    title: 'has columns of one extension each, which are read as what they are stored in',
    file: columns(
      arrowField({ 6: { tables: [{ 0: { text: 'ARROW:extension:name' }, 1: { text: 'somebody.else' } }] } }),
    ),
    ends: { rows: 1 },
  },
];

const place = (at: bigint, metadataBytes: bigint, bodyBytes: bigint) => ({ batches: [[at, metadataBytes, bodyBytes]] });
const metadataBytes = 8n + BigInt(batch.readUInt32LE(4));

/** Files whose footer lies about what is before it. */
export const arrowFiles: readonly HostileCase[] = [
  { title: 'is as it should be', file: () => file, ends: { rows: 1 } },
  ...[8, 30, file.length - 11, file.length - 6, file.length - 1].map((length) => ({
    title: `is cut to ${length} bytes`,
    file: () => file.subarray(0, length),
    ends: 'truncated',
  })),
  {
    title: 'promises a footer of four gigabytes',
    file: () => arrowFile([batch], { footerBytes: 0xffff_ffff }),
    ends: 'unreadable',
  },
  { title: 'promises a footer of nothing', file: () => arrowFile([batch], { footerBytes: 0 }), ends: 'unreadable' },
  {
    title: 'promises a footer longer than the file',
    file: () => arrowFile([batch], { footerBytes: 100_000 }),
    ends: 'unreadable',
  },
  {
    title: 'has its batch after the file',
    file: () => arrowFile([batch], place(1_000_000n, metadataBytes, 8n)),
    ends: 'unreadable',
  },
  {
    title: 'has its batch before the file',
    file: () => arrowFile([batch], place(-8n, metadataBytes, 8n)),
    ends: 'unreadable',
  },
  {
    title: 'has its batch in its footer',
    file: () => arrowFile([batch], place(8n, metadataBytes, 1_000n)),
    ends: 'unreadable',
  },
  { title: 'has a batch shorter than itself', file: () => arrowFile([batch], place(8n, 16n, 0n)), ends: 'unreadable' },
  { title: 'has a batch that is no message', file: () => arrowFile([batch], place(16n, 24n, 8n)), ends: 'unreadable' },
  {
    title: 'has ten thousand batches at one place',
    file: () => arrowFile([batch], { batches: Array.from({ length: 10_000 }, () => [8n, metadataBytes, 8n]) }),
    ends: 'unreadable',
  },
  { title: 'has a schema where a batch should be', file: () => arrowFile([schema]), ends: 'unreadable' },
];
