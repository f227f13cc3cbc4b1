import type { FoundEntry } from '../found-entries.ts';

/** Writes entries as a file of one format, piece by piece. */
export interface EntryWriter {
  /** Takes one entry, and answers what is ready to leave: nothing while more is gathered. */
  readonly add: (entry: FoundEntry) => Uint8Array | undefined;
  /** What is left when there are no more entries. */
  readonly finish: () => Uint8Array;
}

/** Writes one line of text an entry. What leaves always ends with a whole line, so that whoever lost the rest goes on there. */
export function lineWriter(lineOf: (entry: FoundEntry) => string): EntryWriter {
  let lines: string[] = [];
  let charCount = 0;
  const taken = (): Uint8Array => {
    const bytes = Buffer.from(lines.join(''), 'utf8');
    lines = [];
    charCount = 0;
    return bytes;
  };
  return {
    add: (entry) => {
      const line = `${lineOf(entry)}\n`;
      lines.push(line);
      charCount += line.length;
      return charCount < MAX_HELD_CHARS ? undefined : taken();
    },
    finish: taken,
  };
}

/** Text that is gathered before it leaves. */
const MAX_HELD_CHARS = 131_072;

/** An entry as a line of JSON: its place and its hash around the leaf, whose very bytes stand in it. */
export function jsonLineOf({ leafIndex, leaf, hash }: FoundEntry): string {
  return `{"leafIndex":${leafIndex},"leafHash":"${hexOf(hash)}","entry":${Buffer.from(leaf).toString('utf8')}}`;
}

/** Bytes in hex. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
