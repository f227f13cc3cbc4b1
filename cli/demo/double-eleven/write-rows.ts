import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

// Rows are joined before they are written: a write for each of a million rows would take longer than making them.
const rowsPerWrite = 4000;

/**
 * Writes a head and its rows to a file, one line each, never holding more than one write of them.
 *
 * @param onRows is told how many rows went out with each write
 * @returns the number of rows, the head not counted
 */
export async function writeRows(
  path: string,
  rows: Iterable<string>,
  onRows: (count: number) => void,
): Promise<number> {
  let written = 0;
  function* pieces(): Iterable<string> {
    let lines: string[] = [];
    for (const row of rows) {
      lines.push(row);
      if (lines.length === rowsPerWrite) {
        yield flush(lines);
        lines = [];
      }
    }
    if (lines.length > 0) yield flush(lines);
  }
  function flush(lines: readonly string[]): string {
    const rowCount = written === 0 ? lines.length - 1 : lines.length;
    written += rowCount;
    onRows(rowCount);
    return `${lines.join('\n')}\n`;
  }
  await pipeline(Readable.from(pieces()), createWriteStream(path, { mode: 0o600 }));
  return written;
}
