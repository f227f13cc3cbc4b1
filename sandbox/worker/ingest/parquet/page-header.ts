import { refuseUnreadable } from '../refused-input.ts';
import { ThriftReader } from './thrift-reader.ts';

/** What stands before a page; `at` is where its bytes begin. */
export interface PageHeader {
  kind: 'data' | 'dictionary' | 'other';
  at: number;
  packedBytes: number;
  unpackedBytes: number;
  valueCount: number;
}

/** What stands before a page of values. */
export interface DataPageHeader extends PageHeader {
  kind: 'data';
  encoding: number;
  levelEncoding: number;
  /** Gaps as the header says, null when it does not. */
  gapCount: number | null;
  /** Of the second form of pages only. */
  second: { levelBytes: number; isPacked: boolean } | null;
}

type OtherPageHeader = PageHeader & { kind: 'dictionary' | 'other' };

/**
 * Reads the header of a page; statistics in it are passed over, since nothing here believes them.
 *
 * @throws {RefusedInput} when a length or a count in it is missing or negative
 */
export function readPageHeader(bytes: Uint8Array, start: number): DataPageHeader | OtherPageHeader {
  const reader = new ThriftReader(bytes, start);
  let [type, unpackedBytes, packedBytes] = [-1, -1, -1];
  const parts = new Map<number, Map<number, number>>();
  reader.struct((id, fieldType) => {
    if (id === 1) type = reader.integer(fieldType);
    else if (id === 2) unpackedBytes = reader.integer(fieldType);
    else if (id === 3) packedBytes = reader.integer(fieldType);
    else if (id === 5 || id === 7 || id === 8) parts.set(id, readNumbers(reader, fieldType));
    else reader.skip(fieldType);
  });
  if (unpackedBytes < 0 || packedBytes < 0) refuseUnreadable();
  const sizes = { at: reader.at, packedBytes, unpackedBytes };
  if (type === 0) return firstForm(sizes, parts.get(5) ?? refuseUnreadable());
  if (type === 3) return secondForm(sizes, parts.get(8) ?? refuseUnreadable());
  if (type === 2) return { kind: 'dictionary', ...sizes, valueCount: countOf(parts.get(7), 1) };
  if (type === 1) return { kind: 'other', ...sizes, valueCount: 0 };
  return refuseUnreadable();
}

type Sizes = Pick<PageHeader, 'at' | 'packedBytes' | 'unpackedBytes'>;

function firstForm(sizes: Sizes, numbers: ReadonlyMap<number, number>): DataPageHeader {
  return {
    kind: 'data',
    ...sizes,
    valueCount: countOf(numbers, 1),
    encoding: countOf(numbers, 2),
    levelEncoding: countOf(numbers, 3),
    gapCount: null,
    second: null,
  };
}

function secondForm(sizes: Sizes, numbers: ReadonlyMap<number, number>): DataPageHeader {
  const valueCount = countOf(numbers, 1);
  // Of a flat column each value is a row, and nothing repeats.
  if (countOf(numbers, 3) !== valueCount || countOf(numbers, 6) !== 0) refuseUnreadable();
  return {
    kind: 'data',
    ...sizes,
    valueCount,
    encoding: countOf(numbers, 4),
    levelEncoding: 3,
    gapCount: countOf(numbers, 2),
    second: { levelBytes: countOf(numbers, 5), isPacked: numbers.get(7) !== 0 },
  };
}

function countOf(numbers: ReadonlyMap<number, number> | undefined, id: number): number {
  const count = numbers?.get(id) ?? refuseUnreadable();
  return count < 0 ? refuseUnreadable() : count;
}

/** Reads the numbers and truth values (as 1 and 0) of a structure, whose other fields are passed over. */
function readNumbers(reader: ThriftReader, structType: number): Map<number, number> {
  const numbers = new Map<number, number>();
  reader.structOf(structType, (id, type) => {
    if (type === 1 || type === 2) numbers.set(id, type === 1 ? 1 : 0);
    else if (id <= 6 && type !== 12) numbers.set(id, reader.integer(type));
    else reader.skip(type);
  });
  return numbers;
}
