// Where the row count, the flags and the bitmap of an encoded chunk stand; the codec of the wall writes them there.
const ROW_COUNT_AT = 4;
const FLAGS_AT = 8;
const HAS_VALIDITY = 1;
const VALIDITY_AT = 16;

/** The rows of an encoded column chunk that have a value. */
export function presentRowsOf(bytes: Uint8Array): number {
  const rowCount = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(ROW_COUNT_AT, true);
  if (((bytes[FLAGS_AT] ?? 0) & HAS_VALIDITY) === 0) return rowCount;
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) {
    if (((bytes[VALIDITY_AT + (row >> 3)] ?? 0) & (1 << (row & 7))) !== 0) count += 1;
  }
  return count;
}
