import { type ThriftField, writeThrift } from './hostile-thrift.ts';

/** A page: its bytes as they stand in the file, and what its header says of them. */
export interface HostilePage {
  /** The code of its kind: 0 values, 1 index, 2 dictionary, 3 values in the second form. */
  readonly type?: number;
  readonly body: Uint8Array;
  readonly unpackedBytes?: number | bigint;
  readonly packedBytes?: number | bigint;
  readonly values?: number | bigint;
  readonly encoding?: number;
  readonly levelEncoding?: number;
  /** Of the second form only. */
  readonly gaps?: number;
  readonly rows?: number;
  readonly levelBytes?: number;
  readonly repetitionBytes?: number;
  readonly isPacked?: boolean;
  /** The whole header in place of a made one. */
  readonly header?: Uint8Array;
}

/** The pages of one column of one row group, and what the footer says of them. */
export interface HostileChunk {
  readonly path?: readonly string[];
  readonly pages: readonly HostilePage[];
  readonly type?: number;
  readonly codec?: number;
  readonly values?: number | bigint;
  readonly start?: number | bigint;
  readonly dictionaryStart?: number | bigint;
  readonly packedBytes?: number | bigint;
  /** Further fields of the chunk and of its metadata. */
  readonly more?: readonly ThriftField[];
  readonly moreMetadata?: readonly ThriftField[];
}

/** A file; everything has a true value unless it is said. */
export interface HostileParquet {
  readonly columns?: readonly (readonly ThriftField[])[];
  readonly groups?: readonly { readonly rows: number | bigint; readonly chunks: readonly HostileChunk[] }[];
  /** How many columns the root says it has. */
  readonly topCount?: number;
  readonly rows?: number | bigint;
  readonly footer?: Uint8Array;
  readonly footerBytes?: number;
  readonly magic?: string;
  readonly endMagic?: string;
  readonly moreFooter?: readonly ThriftField[];
}

const MAGIC_BYTES = 4;
const INT64 = 2;

/** The schema of a column of numbers that are all there, called `n`. */
export const numberColumn: readonly ThriftField[] = [
  [1, 'i32', INT64],
  [3, 'i32', 0],
  [4, 'text', 'n'],
];

/** The schema of a column of numbers with gaps. */
export const gappyColumn: readonly ThriftField[] = [
  [1, 'i32', INT64],
  [3, 'i32', 1],
  [4, 'text', 'n'],
];

/** The schema of a column of text that is all there. */
export const textColumn: readonly ThriftField[] = [
  [1, 'i32', 6],
  [3, 'i32', 0],
  [4, 'text', 'n'],
  [6, 'i32', 0],
];

/** Numbers one after the other, as a plain page holds them. */
export function plainNumbers(...numbers: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 8);
  for (const [index, number] of numbers.entries()) bytes.writeBigInt64LE(BigInt(number), index * 8);
  return bytes;
}

/** Texts one after the other, as a plain page holds them. */
export function plainTexts(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.flatMap((text) => [uint32(Buffer.byteLength(text)), Buffer.from(text)]));
}

/** Four bytes, the lowest first. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Writes a Parquet file, true where it is not told otherwise. */
export function writeHostileParquet(file: HostileParquet): Buffer {
  const { magic = 'PAR1', columns = [numberColumn], groups = [], endMagic = 'PAR1' } = file;
  const parts: Uint8Array[] = [Buffer.from(magic)];
  let at = MAGIC_BYTES;
  const written = groups.map(({ rows, chunks }) => {
    const fields = chunks.map((chunk) => {
      const start = at;
      const pages = chunk.pages.map((page) => Buffer.concat([page.header ?? pageHeader(page), page.body]));
      parts.push(...pages);
      at += pages.reduce((sum, { length }) => sum + length, 0);
      return chunkFields(chunk, rows, start, at);
    });
    return [
      [1, 'structs', fields],
      [2, 'i64', at],
      [3, 'i64', rows],
    ] as const satisfies ThriftField[];
  });
  const root: ThriftField[] = [
    [4, 'text', 'schema'],
    [5, 'i32', file.topCount ?? columns.length],
  ];
  const footer =
    file.footer ??
    writeThrift([
      [1, 'i32', 2],
      [2, 'structs', [root, ...columns]],
      [3, 'i64', file.rows ?? groups.reduce((sum, { rows }) => sum + Number(rows), 0)],
      [4, 'structs', written],
      ...(file.moreFooter ?? []),
    ]);
  const tail = [footer, uint32(file.footerBytes ?? footer.byteLength), Buffer.from(endMagic)];
  return Buffer.concat([...parts, ...tail]);
}

/** A file of one column, one row group and one chunk. */
export function oneChunk(
  rows: number,
  pages: readonly HostilePage[],
  chunk: Omit<HostileChunk, 'pages'> = {},
  file: HostileParquet = {},
): Buffer {
  return writeHostileParquet({ groups: [{ rows, chunks: [{ ...chunk, pages }] }], ...file });
}

function chunkFields(chunk: HostileChunk, rows: number | bigint, start: number, end: number): ThriftField[] {
  const metadata: ThriftField[] = [
    [1, 'i32', chunk.type ?? INT64],
    [2, 'i32s', [0]],
    [3, 'texts', chunk.path ?? ['n']],
    [4, 'i32', chunk.codec ?? 0],
    [5, 'i64', chunk.values ?? rows],
    [6, 'i64', end - start],
    [7, 'i64', chunk.packedBytes ?? end - start],
    [9, 'i64', chunk.start ?? start],
    ...(chunk.dictionaryStart === undefined ? [] : [[11, 'i64', chunk.dictionaryStart] as const]),
    ...(chunk.moreMetadata ?? []),
  ];
  return [[2, 'i64', 0], [3, 'struct', metadata], ...(chunk.more ?? [])];
}

function pageHeader(page: HostilePage): Buffer {
  const { type = 0, body, values = 1, encoding = 0, levelEncoding = 3 } = page;
  const forms: Readonly<Record<number, readonly ThriftField[]>> = {
    0: [
      [
        5,
        'struct',
        [
          [1, 'i32', values],
          [2, 'i32', encoding],
          [3, 'i32', levelEncoding],
          [4, 'i32', levelEncoding],
        ],
      ],
    ],
    2: [
      [
        7,
        'struct',
        [
          [1, 'i32', values],
          [2, 'i32', encoding],
        ],
      ],
    ],
    3: [
      [
        8,
        'struct',
        [
          [1, 'i32', values],
          [2, 'i32', page.gaps ?? 0],
          [3, 'i32', page.rows ?? values],
          [4, 'i32', encoding],
          [5, 'i32', page.levelBytes ?? 0],
          [6, 'i32', page.repetitionBytes ?? 0],
          [7, 'boolean', page.isPacked ?? true],
        ],
      ],
    ],
  };
  return writeThrift([
    [1, 'i32', type],
    [2, 'i32', page.unpackedBytes ?? body.byteLength],
    [3, 'i32', page.packedBytes ?? body.byteLength],
    ...(forms[type] ?? []),
  ]);
}
