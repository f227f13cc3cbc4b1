import { Readable } from 'node:stream';

/** Longest row, as the service has it. */
export const MAX_ROW_BYTES = 1_048_576;

const DELIMITERS = [',', ';', '\t', '|'];

/** Finds the character between the fields: the one under which most of the named columns stand in the header. */
export function findDelimiter(start: string, columns: readonly string[]): string {
  const header = start.replace(/^\ufeff/, '').split(/[\r\n]/, 1)[0] ?? '';
  const wanted = new Set(columns);
  const scores = DELIMITERS.map(
    (delimiter) => header.split(delimiter).filter((name) => wanted.has(name.trim().replace(/^"(.*)"$/, '$1'))).length,
  );
  return DELIMITERS[scores.indexOf(Math.max(...scores))] as string;
}

/** Reads the header of a file, and gives the whole file again. */
export async function readStart(source: Readable): Promise<{ start: string; rest: Readable }> {
  const parts: Buffer[] = [];
  // The first part of a pipe may be a few bytes: the header is waited for.
  for await (const part of source.iterator({ destroyOnReturn: false })) {
    parts.push(part as Buffer);
    if ((part as Buffer).includes('\n') || Buffer.concat(parts).byteLength > MAX_ROW_BYTES) break;
  }
  const head = Buffer.concat(parts);
  if (!source.readableEnded) source.unshift(head);
  return { start: head.toString(), rest: source.readableEnded ? Readable.from([head]) : source };
}
