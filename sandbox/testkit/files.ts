import type { FileSource } from '../wall.ts';

/** Parts in which a file in memory is read: many, so that a reader sees where they meet. */
const PART_BYTES = 65_536;

/** A file in memory. */
export function fileOf(file: Uint8Array | string, partBytes = PART_BYTES): FileSource {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  return {
    byteCount: bytes.byteLength,
    async *read(from) {
      for (let at = from; at < bytes.byteLength; at += partBytes) yield bytes.subarray(at, at + partBytes);
    },
  };
}

/** A file that is made while it is read: a start, and then one part so many times; for files that no memory holds. */
export function repeatedFile(start: Uint8Array | string, part: Uint8Array | string, count: number): FileSource {
  const first = Buffer.from(start);
  const repeated = Buffer.from(part);
  return {
    byteCount: first.byteLength + repeated.byteLength * count,
    async *read(from) {
      if (from < first.byteLength) yield first.subarray(from);
      const skipped = Math.max(0, from - first.byteLength);
      const skippedCount = Math.floor(skipped / repeated.byteLength);
      for (let index = skippedCount; index < count; index += 1) {
        yield repeated.subarray(index === skippedCount ? skipped % repeated.byteLength : 0);
      }
    },
  };
}
