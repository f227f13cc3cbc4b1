import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { digestIdentifier, type IdentifierKind, isIdentifierKind, readDigest } from '../../identity/index.ts';
import { findDelimiter, readStart } from '../identifiers/index.ts';

/** A column of identifiers, as the command line names it. */
export interface ListColumn {
  readonly name: string;
  readonly kind: IdentifierKind;
  /** ISO 3166 country of telephone numbers written without one. */
  readonly region: string | undefined;
}

/** How the column is written on the command line. */
export const listColumnSyntax =
  '<name>=<kind>: email, phone (or phone:<region>), member_id, device_id, card_number or custom:<name>';

/** Reads a column as the command line names it, for example `tel=phone:DE`; null when it is none. */
export function readListColumn(text: string): ListColumn | null {
  const [, name, word, region] = /^([^=]+)=(?:(phone):([A-Za-z]{2})|[a-z0-9_:]+)$/.exec(text) ?? [];
  const kind = word ?? text.slice(text.indexOf('=') + 1);
  if (name === undefined || !isIdentifierKind(kind)) return null;
  return { name, kind, region: region?.toUpperCase() };
}

/** A list as it was read: each digest once. */
export interface OwnList {
  readonly digests: readonly Uint8Array[];
  readonly rowCount: number;
  /** Rows whose identifier is missing or unusable. */
  readonly unusableCount: number;
}

/** How to read a list. */
export interface ListReading {
  readonly path: string;
  readonly column: ListColumn;
  /** Whether the file holds digests. */
  readonly isHashed: boolean;
  /** Null to find it in the header. */
  readonly delimiter: string | null;
  /** Is told how many bytes more have been read. */
  readonly onRead: (byteCount: number) => void;
}

/**
 * Reads the identifiers of a CSV file on this machine: normalised and hashed row by row, each kept once as its digest.
 *
 * @throws {Error} when the file cannot be read, or has no such column
 */
export async function readList({ path, column, isHashed, delimiter, onRead }: ListReading): Promise<OwnList> {
  const digests = new Map<string, Uint8Array>();
  let [rowCount, unusableCount] = [0, 0];
  let place = -1;
  const { start, rest } = await readStart(openList(path, onRead));
  const separator = delimiter ?? findDelimiter(start, [column.name]);
  const parser = parse({ bom: true, delimiter: separator, relax_column_count: true, relax_quotes: true });
  rest.on('error', (error) => parser.destroy(error));
  for await (const row of rest.pipe(parser) as AsyncIterable<string[]>) {
    if (place < 0) {
      place = placeOf(row, column.name);
      continue;
    }
    rowCount += 1;
    const text = row[place] ?? '';
    const digest = isHashed ? readDigest(text) : digestIdentifier(column.kind, text, column.region);
    if (digest === null) unusableCount += 1;
    else digests.set(digest.toString('latin1'), digest);
  }
  return { digests: [...digests.values()], rowCount, unusableCount };
}

function openList(path: string, onRead: (byteCount: number) => void): Readable {
  const file = createReadStream(path);
  file.on('data', (bytes) => onRead(bytes.length));
  if (!path.endsWith('.gz')) return file;
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  return file.pipe(unpacked);
}

function placeOf(header: readonly string[], name: string): number {
  const names = header.map((cell) => cell.trim());
  const place = names.indexOf(name);
  if (place >= 0 && names.lastIndexOf(name) === place) return place;
  const fault = place < 0 ? 'has no column' : 'has two columns';
  throw new Error(`the file ${fault} \`${name}\`; its columns are ${names.join(', ')}`);
}
