import { TextDecoder } from 'node:util';

import { RefusedInput } from '../refused-input.ts';

/** Bytes that show how a text is encoded: some lines of any table. */
const SHOWN_BYTES = 4_096;

/** Pairs with a zero in the same half above which they are characters of UTF-16: separators, digits and ends of lines. */
const MIN_ZERO_SHARE_RATIO = 0.3;

/** What text is read as when nothing says otherwise, and what all of it becomes. */
export const UTF_8 = 'utf-8';

/**
 * Finds the encoding that the first bytes of a text show by themselves: a mark, or the zeros of UTF-16. All else is taken
 * for UTF-8, and what is not of it is told row by row: the old encodings look like one another, and a guess that is wrong
 * changes names without a word.
 */
export function shownEncoding(start: Uint8Array): string {
  const [first, second, third, fourth] = start;
  if (first === 0xff && second === 0xfe) {
    if (third === 0 && fourth === 0) throw new RefusedInput('encoding');
    return 'utf-16le';
  }
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const shown = start.subarray(0, SHOWN_BYTES);
  for (let at = 0; at < shown.byteLength; at += 1) if (shown[at] === 0) zeros[at & 1] = (zeros[at & 1] as number) + 1;
  const [inFirst, inSecond] = zeros as [number, number];
  const least = (shown.byteLength / 2) * MIN_ZERO_SHARE_RATIO;
  if (inSecond > least && inFirst === 0) return 'utf-16le';
  return inFirst > least && inSecond === 0 ? 'utf-16be' : UTF_8;
}

/**
 * Makes a decoder by the name of an encoding; null for UTF-8, which is read as it stands.
 *
 * @throws {RefusedInput} when nobody knows the name
 */
export function decoderOf(label: string): TextDecoder | null {
  try {
    const decoder = new TextDecoder(label);
    return decoder.encoding === UTF_8 ? null : decoder;
  } catch {
    throw new RefusedInput('not-supported');
  }
}
