import type { UploadedFile } from './file-source.ts';
import { RefusedInput } from './refused-input.ts';

/** What compressed files and archives begin with: gzip, zstd, bzip2, xz, zip. */
const MAGICS: readonly (readonly number[])[] = [
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0x42, 0x5a, 0x68],
  [0xfd, 0x37, 0x7a, 0x58],
  [0x50, 0x4b, 0x03, 0x04],
];
const LONGEST_MAGIC_BYTES = 4;

/**
 * Refuses a file that is compressed as a whole, of a format that is read from its end.
 *
 * @throws {RefusedInput} with a word of its own, since its sender can mend it at once
 */
export function expectUncompressed(file: UploadedFile): void {
  const start = file.range(0, Math.min(LONGEST_MAGIC_BYTES, file.byteCount));
  if (MAGICS.some((magic) => magic.every((byte, index) => start[index] === byte))) throw new RefusedInput('compressed');
}
