import { isUtf8 } from 'node:buffer';

const REPLACEMENT_CHARACTER = Buffer.from('\uFFFD');

/**
 * Whether bytes are UTF-8 without NUL and replacement characters. Asked of many rows at once, it is all that is ever
 * asked about the encoding of nearly all files.
 */
export function isCleanText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0) && !bytes.includes(REPLACEMENT_CHARACTER);
}
