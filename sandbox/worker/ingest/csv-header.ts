const DELIMITERS = [',', ';', '\t', '|'];
const decoder = new TextDecoder();

/** Gives the first line of the start of a file, without its byte order mark. */
export function readHeaderLine(start: Uint8Array): string {
  const text = decoder.decode(start);
  const end = text.search(/[\r\n]/);
  return end < 0 ? text : text.slice(0, end);
}

/** Finds the delimiter under which most of the expected names stand in the header; a comma when none does better. */
export function sniffDelimiter(header: string, names: readonly string[]): string {
  const wanted = new Set(names);
  const scores = DELIMITERS.map(
    (delimiter) => new Set(splitRoughly(header, delimiter).filter((name) => wanted.has(name))).size,
  );
  return DELIMITERS[scores.indexOf(Math.max(...scores))] as string;
}

// Good enough to count names: a name with the delimiter inside its quotes is counted for no delimiter.
function splitRoughly(header: string, delimiter: string): string[] {
  return header.split(delimiter).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}
