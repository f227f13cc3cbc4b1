import type { FileLayout } from '../../../wire/jobs.ts';
import { RefusedInput } from '../refused-input.ts';
import type { Dialect } from '../text/row-scanner.ts';

/** What stands between the fields of the files that people send; where none does better, the first. */
export const DELIMITERS = [',', ';', '\t', '|', '^', '\x01'] as const;

/** What stands around fields; where none does better, the first. */
export const QUOTES = ['"', "'"] as const;

const NO_QUOTE = -1;
const ASCII_END = 0x80;
const LINE_BREAKS = new Set(['\n', '\r', '\0']);

/**
 * Finds out how a file is written from its header, as far as its layout does not say so: the characters under which
 * most of the expected names stand there.
 *
 * @throws {RefusedInput} when the layout names characters that cannot tell fields apart
 */
export function findDialect(header: string, layout: FileLayout, names: readonly string[]): Dialect {
  const wanted = new Set(names);
  const delimiters = layout.delimiter === undefined ? DELIMITERS : [layout.delimiter];
  const quotes = layout.quote === undefined ? QUOTES : [layout.quote];
  let best = { delimiter: delimiters[0] as string, quote: quotes[0] as string, score: -1 };
  for (const quote of quotes) {
    for (const delimiter of delimiters) {
      const score = new Set(splitRoughly(header, delimiter, quote).filter((name) => wanted.has(name))).size;
      if (score > best.score) best = { delimiter, quote, score };
    }
  }
  return dialectOf({ ...layout, delimiter: best.delimiter, quote: best.quote });
}

/**
 * Makes the bytes of a dialect.
 *
 * @throws {RefusedInput} when a character is none of ASCII, or means two things
 */
export function dialectOf(layout: Pick<FileLayout, 'delimiter' | 'quote' | 'escape'>): Dialect {
  const delimiter = byteOf(layout.delimiter ?? DELIMITERS[0]);
  const quote = layout.quote === '' ? NO_QUOTE : byteOf(layout.quote ?? QUOTES[0]);
  const mark = layout.escape === undefined || quote === NO_QUOTE ? quote : byteOf(layout.escape);
  if (delimiter === quote || delimiter === mark) throw new RefusedInput('not-supported');
  return { delimiter, quote, escape: mark };
}

function byteOf(character: string): number {
  const code = character.codePointAt(0) ?? ASCII_END;
  if (character.length !== 1 || code >= ASCII_END || LINE_BREAKS.has(character))
    throw new RefusedInput('not-supported');
  return code;
}

// Good enough to count names: a name with the delimiter inside its quotes is counted for no delimiter.
function splitRoughly(header: string, delimiter: string, quote: string): string[] {
  return header.split(delimiter).map((field) => {
    const name = field.trim();
    const isQuoted = quote !== '' && name.length > 1 && name.startsWith(quote) && name.endsWith(quote);
    return isQuoted ? name.slice(1, -1) : name;
  });
}
