import type { Packing } from '../../../wire/inspection.ts';
import type { UploadedFile } from '../file-source.ts';
import { RefusedInput } from '../refused-input.ts';

const MAGIC_BYTES = 6;

const MAGICS: readonly (readonly [Packing | 'unknown', readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  // bzip2 and xz: known by sight, so that their sender hears that the packing is the matter and not the table.
  ['unknown', [0x42, 0x5a, 0x68]],
  ['unknown', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

const BZIP2_BLOCK = Buffer.from([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]);
const BZIP2_HEADER_BYTES = 4;

/**
 * Tells by its first bytes how a file is packed.
 *
 * @throws {RefusedInput} for a packing that is known and not read here
 */
export function packingOf(file: UploadedFile): Packing {
  const head = file.range(0, Math.min(file.byteCount, BZIP2_HEADER_BYTES + MAGIC_BYTES));
  const [packing] = MAGICS.find(([, magic]) => magic.every((byte, index) => head[index] === byte)) ?? ['none' as const];
  if (packing !== 'unknown') return packing;
  // A table may begin with the letters of bzip2, and goes on otherwise.
  const isText = head[0] === 0x42 && !BZIP2_BLOCK.equals(head.subarray(BZIP2_HEADER_BYTES));
  if (isText) return 'none';
  throw new RefusedInput('not-supported');
}
