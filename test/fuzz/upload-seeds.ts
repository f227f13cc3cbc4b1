import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  Dictionary,
  Float64,
  Int32,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { IngestColumn, IngestFormat } from '../../sandbox/index.ts';
import {
  arrowBatch,
  arrowDictionary,
  arrowField,
  arrowFile,
  arrowSchema,
  arrowStream,
  offsets,
} from '../support/hostile-arrow.ts';
import {
  gappyColumn,
  numberColumn,
  oneChunk,
  plainNumbers,
  plainTexts,
  textColumn,
  uint32,
  writeHostileParquet,
} from '../support/hostile-parquet.ts';
import { askFor } from '../support/hostile-suite.ts';
import { packers } from '../support/packed.ts';

/** A file that is as it should be, and what is asked of it. */
export interface Seed {
  readonly name: string;
  readonly file: Buffer;
  readonly columns: readonly IngestColumn[];
}

const integers = askFor({ kind: 'integer' });
const texts = askFor({ kind: 'text' });
const NONE = Buffer.alloc(0);
const ROWS = 200;
const TEXT = 6;
const INDEXED = 8;

const people: readonly IngestColumn[] = [
  { name: 'email', type: { kind: 'digest' }, nullable: false, identifier: 'email' },
  { name: 'n', type: { kind: 'integer' }, nullable: true },
  { name: 'amount', type: { kind: 'decimal', scale: 2 }, nullable: true },
  { name: 'day', type: { kind: 'date' }, nullable: true },
  { name: 'at', type: { kind: 'timestamp' }, nullable: true },
  { name: 'note', type: { kind: 'text' }, nullable: true },
];

function csvSeeds(): Seed[] {
  const rows = Array.from(
    { length: ROWS },
    (_, row) =>
      `p${row}@example.com,${row},${row}.25,2024-02-${10 + (row % 19)},2024-02-29T12:00:00Z,"a ""note"", ${row}"`,
  );
  const whole = `email,n,amount,day,at,note\r\n${rows.join('\r\n')}\r\n`;
  return [
    { name: 'csv', file: Buffer.from(whole), columns: people },
    { name: 'csv with semicolons', file: Buffer.from(`n;m\n${'1;"x"\n2;\n'.repeat(50)}`), columns: integers },
    { name: 'csv packed', file: gzipSync(whole), columns: people },
    { name: 'csv packed with zstd', file: zstdCompressSync(whole), columns: people },
    { name: 'csv in UTF-16', file: Buffer.from(`\uFEFF${whole}`, 'utf16le').swap16(), columns: people },
  ];
}

function ndjsonSeeds(): Seed[] {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    JSON.stringify({
      email: `p${row}@example.com`,
      n: row,
      amount: row + 0.25,
      day: `2024-02-${10 + (row % 19)}`,
      at: '2024-02-29T12:00:00Z',
      note: `a "note", ${row}`,
      more: [{ n: null }],
    }),
  );
  const whole = `${rows.join('\n')}\n`;
  return [
    { name: 'ndjson', file: Buffer.from(whole), columns: people },
    { name: 'ndjson packed with zstd', file: zstdCompressSync(whole), columns: people },
    { name: 'ndjson in UTF-16', file: Buffer.from(`\uFEFF${whole}`, 'utf16le'), columns: people },
  ];
}

function parquetSeeds(): Seed[] {
  const numbers = plainNumbers(...Array.from({ length: ROWS }, (_, row) => row * row));
  const words = plainTexts(...Array.from({ length: ROWS }, (_, row) => `word ${row}`));
  const levels = Buffer.concat([
    uint32(2 + ROWS / 8),
    Buffer.from([((ROWS / 8) << 1) | 1]),
    Buffer.alloc(ROWS / 8, 0xff),
    Buffer.from([0]),
  ]);
  const packed = packers.map(({ name, code, pack }) => ({
    name: `parquet packed with ${name}`,
    file: oneChunk(ROWS, [{ body: pack(numbers), unpackedBytes: numbers.length, values: ROWS }], { codec: code }),
    columns: integers,
  }));
  const dictionary = { type: 2, body: plainTexts('red', 'green', 'blue'), values: 3 };
  const indices = { body: Buffer.from([2, 0xc8, 1, 1, 0xc8, 1, 2]), values: ROWS, encoding: INDEXED };
  const group = { rows: 3, chunks: [{ pages: [{ body: plainNumbers(1, 2, 3), values: 3 }] }] };
  return [
    ...packed,
    {
      name: 'parquet with gaps',
      file: oneChunk(ROWS, [{ body: Buffer.concat([levels, numbers]), values: ROWS }], {}, { columns: [gappyColumn] }),
      columns: integers,
    },
    {
      name: 'parquet of text',
      file: oneChunk(ROWS, [{ body: words, values: ROWS }], { type: TEXT }, { columns: [textColumn] }),
      columns: texts,
    },
    {
      name: 'parquet with a dictionary',
      file: oneChunk(ROWS, [dictionary, indices], { type: TEXT }, { columns: [textColumn] }),
      columns: texts,
    },
    {
      name: 'parquet of the second form',
      file: oneChunk(
        2,
        [{ type: 3, body: Buffer.concat([Buffer.from([4, 1]), plainNumbers(4, 5)]), values: 2, levelBytes: 2 }],
        {},
        { columns: [gappyColumn] },
      ),
      columns: integers,
    },
    {
      name: 'parquet of differences',
      file: oneChunk(3, [
        { body: Buffer.from([128, 1, 4, 3, 2, 4, 3, 0, 0, 0, ...Buffer.alloc(12)]), values: 3, encoding: 5 },
      ]),
      columns: integers,
    },
    {
      name: 'parquet of many groups',
      file: writeHostileParquet({ columns: [numberColumn], groups: Array.from({ length: 20 }, () => group) }),
      columns: integers,
    },
  ];
}

function arrowSeeds(): Seed[] {
  const table = new Table({
    email: vectorFromArray(
      ['a@example.com', 'b@example.com', null, 'c@example.com'],
      new Dictionary(new Utf8(), new Int32()),
    ),
    n: vectorFromArray([1, 2, 3, null], new Int32()),
    amount: vectorFromArray([12.25, 0.5, null, -5], new Float64()),
    day: vectorFromArray(['2024-02-29', '2024-03-01', null, '2024-03-02'], new Utf8()),
    at: vectorFromArray([1_700_000_000_000, null, null, 1], new TimestampMicrosecond()),
    note: vectorFromArray(['é', 'a note', null, ''], new Utf8()),
  });
  const encoded = arrowField({ 2: { int8: 5 }, 3: { table: {} }, 4: { table: { 0: { int64: 1n } } } });
  const zeros = Buffer.alloc(800);
  const packed = Buffer.concat([plainNumbers(zeros.length), zstdCompressSync(zeros)]);
  const batch = arrowBatch(3, [Buffer.from([5]), plainNumbers(1, 2, 3)]);
  return [
    { name: 'arrow stream', file: Buffer.from(tableToIPC(table, 'stream')), columns: people },
    { name: 'arrow file', file: Buffer.from(tableToIPC(table, 'file')), columns: people },
    { name: 'arrow of batches', file: arrowStream(arrowSchema(), batch, batch, batch), columns: integers },
    { name: 'arrow file of batches', file: arrowFile([batch, batch]), columns: integers },
    {
      name: 'arrow with a dictionary',
      file: arrowStream(
        arrowSchema([encoded]),
        arrowDictionary(1n, 2, [NONE, offsets(0, 3, 8), Buffer.from('redgreen')]),
        arrowBatch(3, [NONE, offsets(0, 1, 1)]),
      ),
      columns: texts,
    },
    {
      name: 'arrow packed',
      file: arrowStream(arrowSchema(), arrowBatch(100, [NONE, packed], { more: { 3: { table: { 0: { int8: 1 } } } } })),
      columns: integers,
    },
  ];
}

/** Files of each format that are read as they stand. */
export const uploadSeeds: Readonly<Record<IngestFormat, readonly Seed[]>> = {
  csv: csvSeeds(),
  ndjson: ndjsonSeeds(),
  parquet: parquetSeeds(),
  arrow: arrowSeeds(),
};
