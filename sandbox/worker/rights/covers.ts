// Consent is read strictly: whatever is not plainly a yes is a no.
import { type ColumnChunk, isPresent, isTextValues } from '../../wire/column-chunk.ts';

const PURPOSE = /^[a-z0-9_-]{1,64}$/;
const REGION = /^[A-Z]{2}$/;
const EVERYTHING = '*';

const decoder = new TextDecoder();

/** Whether a text of purposes, separated by `|`, covers a purpose; one malformed word spoils all of it. */
export function purposesCover(text: string, purpose: string): boolean {
  const words = text.split('|').map((word) => word.trim().toLowerCase());
  if (!words.every((word) => word === EVERYTHING || PURPOSE.test(word))) return false;
  return words.includes(EVERYTHING) || (purpose !== '' && words.includes(purpose));
}

/** Whether a region is one, and one of those named; any is, when none is named. */
export function regionCovers(text: string, regions: readonly string[]): boolean {
  const region = text.trim().toUpperCase();
  return REGION.test(region) && (regions.length === 0 || regions.includes(region));
}

/** Judges each text of a chunk, and each once where many rows share it; a missing one is a no. */
export function judgeTexts(chunk: ColumnChunk, isCovered: (text: string) => boolean): (row: number) => boolean {
  const { values } = chunk;
  if (!isTextValues(values)) throw new TypeError('consent is not text');
  const { offsets, bytes, indices } = values;
  const known = new Map<string, boolean>();
  const verdictOf = (entry: number): boolean => {
    const text = decoder.decode(bytes.subarray(offsets[entry], offsets[entry + 1]));
    const verdict = known.get(text) ?? isCovered(text);
    known.set(text, verdict);
    return verdict;
  };
  if (indices === null) return (row) => isPresent(chunk, row) && verdictOf(row);
  const verdicts = Uint8Array.from({ length: offsets.length - 1 }, (_, entry) => (verdictOf(entry) ? 1 : 0));
  return (row) => isPresent(chunk, row) && verdicts[indices[row] as number] === 1;
}
