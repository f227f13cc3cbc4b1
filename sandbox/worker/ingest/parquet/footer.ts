import type { Codec } from '../codecs/unpack.ts';
import type { UploadedFile } from '../file-source.ts';
import { MAX_FILE_COLUMNS_COUNT, MAX_METADATA_BYTES, MAX_PART_ROWS, MAX_ROW_GROUPS_COUNT } from '../limits.ts';
import { placesOf } from '../places-of.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import { PHYSICAL_TYPES, type PhysicalType, readSchema, type SchemaNode } from './schema.ts';
import { ThriftReader } from './thrift-reader.ts';

/** Where the pages of one column of one row group are. */
export interface ColumnChunk {
  start: number;
  end: number;
  valueCount: number;
  codec: Codec;
  type: PhysicalType;
}

/** One row group: the chunks of the wanted columns, in their order. */
export interface RowGroup {
  rowCount: number;
  chunks: ColumnChunk[];
}

/** What of a footer is used. */
export interface Footer {
  columns: SchemaNode[];
  groups: RowGroup[];
}

const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
const MAGIC_BYTES = 4;
/** The footer's length and the magic that ends the file. */
const TAIL_BYTES = 8;
const CODECS: readonly (Codec | null)[] = ['none', 'snappy', 'gzip', null, 'brotli', 'lz4', 'zstd', 'lz4-raw'];

/**
 * Reads the footer of a Parquet file and judges every place it points to.
 *
 * Source: apache/parquet-format, src/main/thrift/parquet.thrift.
 *
 * @throws {RefusedInput} when a wanted column is missing, named twice or nested, or a row group lies
 */
export function readFooter(file: UploadedFile, names: readonly string[]): Footer {
  const { footerStart, footerEnd } = findFooter(file);
  const reader = new ThriftReader(file.range(footerStart, footerEnd));
  const footer: Partial<Footer> = {};
  let rowCount = -1;
  reader.struct((id, type) => {
    if (id === 2) footer.columns = chooseColumns(readSchema(reader, type), names);
    else if (id === 3) rowCount = reader.integer(type);
    else if (id === 4) {
      // The schema comes first, as the format numbers its fields; without it no chunk can be understood.
      footer.groups = readGroups(reader, type, { names, columns: footer.columns ?? refuseUnreadable(), footerStart });
    } else if (id === 8) throw new RefusedInput('not-supported');
    else reader.skip(type);
  });
  const { columns, groups } = footer;
  if (columns === undefined || groups === undefined) return refuseUnreadable();
  if (groups.reduce((sum, group) => sum + group.rowCount, 0) !== rowCount) refuseUnreadable();
  expectApart(groups.flatMap(({ chunks }) => chunks));
  return { columns, groups };
}

/**
 * Reads the names of the flat columns of a Parquet file; those of nested ones are left out.
 *
 * @throws {RefusedInput} when the footer is none
 */
export function readColumnNames(file: UploadedFile): { names: string[]; nestedCount: number } {
  const { footerStart, footerEnd } = findFooter(file);
  const reader = new ThriftReader(file.range(footerStart, footerEnd));
  let top: SchemaNode[] = [];
  reader.struct((id, type) => {
    if (id === 2) top = readSchema(reader, type);
    else reader.skip(type);
  });
  const flat = top.filter(({ childCount, repetition }) => childCount === 0 && repetition !== 'repeated');
  return { names: flat.map(({ name }) => name), nestedCount: top.length - flat.length };
}

function findFooter(file: UploadedFile): { footerStart: number; footerEnd: number } {
  if (file.byteCount < MAGIC_BYTES) throw new RefusedInput(file.byteCount === 0 ? 'empty' : 'not-this-format');
  const footerEnd = file.byteCount - TAIL_BYTES;
  const tail = Buffer.from(file.range(Math.max(0, footerEnd), file.byteCount));
  const magics = [Buffer.from(file.range(0, MAGIC_BYTES)), tail.subarray(-MAGIC_BYTES)].map((magic) =>
    magic.toString('latin1'),
  );
  if (magics.includes(ENCRYPTED_MAGIC)) throw new RefusedInput('not-supported');
  if (magics[0] !== MAGIC) throw new RefusedInput('not-this-format');
  if (magics[1] !== MAGIC || footerEnd < MAGIC_BYTES) throw new RefusedInput('truncated');
  const footerBytes = tail.readUInt32LE(0);
  const footerStart = footerEnd - footerBytes;
  if (footerStart < MAGIC_BYTES) refuseUnreadable();
  if (footerBytes > MAX_METADATA_BYTES) throw new RefusedInput('part-too-large');
  // A footer of no bytes says nothing at all.
  if (footerBytes === 0) refuseUnreadable();
  return { footerStart, footerEnd };
}

function chooseColumns(top: readonly SchemaNode[], names: readonly string[]): SchemaNode[] {
  const found = top.map(({ name }) => name);
  return placesOf(names, found).map((place) => {
    const node = top[place] as SchemaNode;
    if (node.childCount > 0 || node.repetition === 'repeated') throw new RefusedInput('not-supported');
    if (node.type === null) refuseUnreadable();
    return node;
  });
}

interface Expected {
  names: readonly string[];
  columns: readonly SchemaNode[];
  footerStart: number;
}

function readGroups(reader: ThriftReader, listType: number, expected: Expected): RowGroup[] {
  const groups: RowGroup[] = [];
  const places = new Map(expected.names.map((name, index) => [name, index]));
  const count = reader.list(listType, MAX_ROW_GROUPS_COUNT, (groupType) => {
    const group: RowGroup = { rowCount: -1, chunks: [] };
    reader.structOf(groupType, (id, type) => {
      if (id === 1) group.chunks = readChunks(reader, type, places, expected);
      else if (id === 3) group.rowCount = reader.integer(type);
      else reader.skip(type);
    });
    if (group.rowCount < 0) refuseUnreadable();
    if (group.rowCount > MAX_PART_ROWS) throw new RefusedInput('part-too-large');
    // A column of rows has a value or a gap for each.
    if (group.chunks.some(({ valueCount }) => valueCount !== group.rowCount)) refuseUnreadable();
    groups.push(group);
  });
  if (count < 0) throw new RefusedInput('part-too-large');
  return groups;
}

function readChunks(
  reader: ThriftReader,
  listType: number,
  places: ReadonlyMap<string, number>,
  { columns, footerStart }: Expected,
): ColumnChunk[] {
  const chunks: ColumnChunk[] = [];
  const count = reader.list(listType, MAX_FILE_COLUMNS_COUNT, (chunkType) => {
    const told: { isElsewhere: boolean; metadata?: ChunkMetadata } = { isElsewhere: false };
    reader.structOf(chunkType, (id, type) => {
      if (id === 3) told.metadata = readChunkMetadata(reader, type);
      else {
        told.isElsewhere ||= id === 1 || id === 8 || id === 9;
        reader.skip(type);
      }
    });
    const { path, start, end, valueCount, codec, type } = told.metadata ?? refuseUnsupported();
    const place = path.length === 1 ? places.get(path[0] as string) : undefined;
    if (place === undefined) return;
    if (told.isElsewhere || codec === null) refuseUnsupported();
    if (chunks[place] !== undefined || type !== columns[place]?.type) refuseUnreadable();
    if (start < MAGIC_BYTES || end < start || end > footerStart) refuseUnreadable();
    chunks[place] = { start, end, valueCount, codec, type };
  });
  if (count < 0) throw new RefusedInput('part-too-large');
  if (columns.some((_, place) => chunks[place] === undefined)) refuseUnreadable();
  return chunks;
}

/** A chunk as the footer tells it. */
interface ChunkMetadata {
  path: string[];
  type: PhysicalType;
  codec: Codec | null;
  valueCount: number;
  start: number;
  end: number;
}

function readChunkMetadata(reader: ThriftReader, structType: number): ChunkMetadata {
  const told: ChunkMetadata = { path: [], type: 'boolean', codec: null, valueCount: -1, start: -1, end: -1 };
  let [packedBytes, pageStart, dictionaryStart] = [-1, -1, 0];
  reader.structOf(structType, (id, fieldType) => {
    if (id === 1) told.type = PHYSICAL_TYPES[reader.integer(fieldType)] ?? refuseUnreadable();
    else if (id === 3) told.path = readPath(reader, fieldType);
    else if (id === 4) told.codec = CODECS[reader.integer(fieldType)] ?? null;
    else if (id === 5) told.valueCount = reader.integer(fieldType);
    else if (id === 7) packedBytes = reader.integer(fieldType);
    else if (id === 9) pageStart = reader.integer(fieldType);
    else if (id === 11) dictionaryStart = reader.integer(fieldType);
    else reader.skip(fieldType);
  });
  // Some writers leave the dictionary's place at zero and mean that there is none.
  const start = dictionaryStart > 0 ? Math.min(dictionaryStart, pageStart) : pageStart;
  // Writers give a chunk of no values any place, nothing included; nothing of it is read.
  if (told.valueCount === 0) return { ...told, start: MAGIC_BYTES, end: MAGIC_BYTES };
  if (packedBytes < 0 || start < 0) refuseUnreadable();
  return { ...told, start, end: start + packedBytes };
}

function readPath(reader: ThriftReader, listType: number): string[] {
  const path: string[] = [];
  reader.list(listType, MAX_FILE_COLUMNS_COUNT, (type) => {
    path.push(reader.text(type));
  });
  return path;
}

// Two chunks that share bytes multiply a small file: ten thousand row groups over one page are an upload of billions.
function expectApart(chunks: readonly ColumnChunk[]): void {
  const inOrder = chunks.filter(({ start, end }) => end > start).toSorted((a, b) => a.start - b.start);
  for (const [index, { start }] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before !== undefined && start < before.end) refuseUnreadable();
  }
}

// Metadata or pages that are encrypted, or in another file, or packed in a way that nobody uses.
function refuseUnsupported(): never {
  throw new RefusedInput('not-supported');
}
