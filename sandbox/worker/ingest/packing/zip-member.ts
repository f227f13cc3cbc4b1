// The one table in a zip archive. Archives are read from their directory, which is at the end; what the directory says of
// a member is held to, and what the member says of itself is not asked.
import { crc32 } from 'node:zlib';

import type { UploadedFile } from '../file-source.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import { unpackStream } from './unpack-stream.ts';

/** The end record and the longest comment behind it. */
const MAX_END_BYTES = 65_557;
const END_BYTES = 22;
const END_MAGIC = 0x06054b50;

/** The record that is there as well when a number does not fit 32 bits, and what points to it. */
const LARGE_END_BYTES = 56;
const LARGE_END_MAGIC = 0x06064b50;
const LARGE_LOCATOR_BYTES = 20;
const LARGE_LOCATOR_MAGIC = 0x07064b50;

/** A directory of one table and what the programs of a Mac put beside it; an archive of more is not read here. */
const MAX_DIRECTORY_BYTES = 65_536;
const ENTRY_BYTES = 46;
const ENTRY_MAGIC = 0x02014b50;
const LARGE_FIELD_ID = 1;

const MEMBER_BYTES = 30;
const MEMBER_MAGIC = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
const IS_ENCRYPTED = 1;
const NOT_HERE = 0xffff_ffff;

/** A member of an archive, as its directory has it. */
interface Member {
  method: number;
  checkSum: number;
  packedBytes: number;
  byteCount: number;
  offset: number;
}

/**
 * Opens the only table of a zip archive; null when the file is no archive after all.
 *
 * @throws {RefusedInput} when there are more tables, or one that is encrypted or packed in another way
 */
export function openZipMember(file: UploadedFile): AsyncGenerator<Uint8Array, void, undefined> | null {
  const directory = directoryOf(file);
  if (directory === null) return null;
  const members = membersOf(directory);
  const [member] = members;
  if (member === undefined || members.length > 1) throw new RefusedInput('not-supported');
  const packed = packedBytes(file, member);
  return checked(member.method === STORED ? given(packed) : unpackStream('deflate', packed), member);
}

function directoryOf(file: UploadedFile): Buffer | null {
  const from = Math.max(0, file.byteCount - MAX_END_BYTES);
  const tail = Buffer.from(file.range(from, file.byteCount));
  for (let at = tail.byteLength - END_BYTES; at >= 0; at -= 1) {
    const isEnd =
      tail.readUInt32LE(at) === END_MAGIC && tail.readUInt16LE(at + 20) === tail.byteLength - at - END_BYTES;
    if (isEnd) return readRange(file, largePlace(file, tail, at) ?? smallPlace(tail, at));
  }
  return null;
}

function smallPlace(tail: Buffer, at: number): { length: number; offset: number } {
  return { length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
}

function largePlace(file: UploadedFile, tail: Buffer, at: number): { length: number; offset: number } | null {
  const locator = at - LARGE_LOCATOR_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== LARGE_LOCATOR_MAGIC) return null;
  const end = readRange(file, { length: LARGE_END_BYTES, offset: readLarge(tail, locator + 8) });
  if (end.readUInt32LE(0) !== LARGE_END_MAGIC) refuseUnreadable();
  return { length: readLarge(end, 40), offset: readLarge(end, 48) };
}

function readRange(file: UploadedFile, { length, offset }: { length: number; offset: number }): Buffer {
  if (length > MAX_DIRECTORY_BYTES) throw new RefusedInput('not-supported');
  if (offset + length > file.byteCount) refuseUnreadable();
  return Buffer.from(file.range(offset, offset + length));
}

function membersOf(directory: Buffer): Member[] {
  const members: Member[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.byteLength; ) {
    if (directory.readUInt32LE(at) !== ENTRY_MAGIC) refuseUnreadable();
    const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    if (extraEnd > directory.byteLength) refuseUnreadable();
    const name = directory.toString('latin1', at + ENTRY_BYTES, nameEnd);
    // Folders, and what a Mac keeps about a file beside it.
    const isTable = !name.endsWith('/') && !name.startsWith('__MACOSX/');
    if (isTable) members.push(memberAt(directory.subarray(at), directory.subarray(nameEnd, extraEnd)));
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return members;
}

function memberAt(entry: Buffer, extra: Buffer): Member {
  const method = entry.readUInt16LE(10);
  const isEncrypted = (entry.readUInt16LE(8) & IS_ENCRYPTED) !== 0;
  if (isEncrypted || (method !== STORED && method !== DEFLATED)) throw new RefusedInput('not-supported');
  // What does not fit its field stands in the extra one, in this order.
  const large = largeField(extra);
  let at = 0;
  const sizeOf = (place: number): number => {
    const size = entry.readUInt32LE(place);
    if (size !== NOT_HERE || large === null || at + 8 > large.byteLength) return size;
    at += 8;
    return readLarge(large, at - 8);
  };
  const byteCount = sizeOf(24);
  const packedBytes = sizeOf(20);
  return { method, checkSum: entry.readUInt32LE(16), packedBytes, byteCount, offset: sizeOf(42) };
}

function largeField(extra: Buffer): Buffer | null {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === LARGE_FIELD_ID) return extra.subarray(at + 4, end);
    at = end;
  }
  return null;
}

function* packedBytes(file: UploadedFile, { offset, packedBytes }: Member): Generator<Uint8Array, void, undefined> {
  const head = readRange(file, { length: MEMBER_BYTES, offset });
  if (head.readUInt32LE(0) !== MEMBER_MAGIC) refuseUnreadable();
  const start = offset + MEMBER_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (start + packedBytes > file.byteCount) throw new RefusedInput('truncated');
  let left = packedBytes;
  if (left === 0) return;
  for (const part of file.bytes(start)) {
    yield part.subarray(0, left);
    left -= part.byteLength;
    if (left <= 0) return;
  }
}

async function* given(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* parts;
}

async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  { byteCount, checkSum }: Member,
): AsyncGenerator<Uint8Array, void, undefined> {
  let [length, sum] = [0, 0];
  for await (const part of bytes) {
    length += part.byteLength;
    sum = crc32(part, sum);
    yield part;
  }
  if (length !== byteCount || sum !== checkSum) refuseUnreadable();
}

function readLarge(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) refuseUnreadable();
  return Number(value);
}
