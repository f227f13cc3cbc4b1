import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { hashCsv } from './hash-csv.ts';
import { hashNdjson } from './hash-ndjson.ts';
import { ColumnHasher, type HashCounts, type IdentifierColumn, type Unhashed } from './identifier-columns.ts';

/** What to hash, and where it goes. */
export interface FileHashing {
  /** `-` for the standard input; a name that ends in .gz is unpacked. */
  readonly path: string;
  readonly format: 'csv' | 'ndjson';
  readonly columns: readonly IdentifierColumn[];
  /** Its name in the WHATWG Encoding Standard. */
  readonly encoding: string;
  /** Null to find it in the header. */
  readonly delimiter: string | null;
  /** Null for the standard output. */
  readonly out: string | null;
  /** Where lines, columns and reasons of what was not hashed are written; null for nowhere. */
  readonly rejects: string | null;
  /** Is told now and then how many bytes have been read. */
  readonly onRead: (byteCount: number) => void;
}

const REJECTS_HEADER = 'line,column,reason\n';

// Others on the machine are not to read what is only hashed: digests of telephone numbers can be tried out.
const OWNER_ONLY_MODE = 0o600;

/**
 * Hashes the named columns of a file on this machine, in memory that does not grow with the file.
 *
 * The output appears under its name when it is whole, and not before: half a file would be uploaded for a whole one.
 *
 * @throws {Error} when the input cannot be read or understood, or an output not be written
 */
export async function hashFile(hashing: FileHashing): Promise<HashCounts> {
  const { format, columns, delimiter, out, rejects } = hashing;
  const rejectsFile = rejects === null ? null : fs.openSync(rejects, 'w', OWNER_ONLY_MODE);
  const draft = out === null ? null : `${out}.part`;
  try {
    if (draft !== null) fs.rmSync(draft, { force: true });
    if (rejectsFile !== null) fs.writeSync(rejectsFile, REJECTS_HEADER);
    const hasher = new ColumnHasher(columns, (unhashed) => {
      if (rejectsFile !== null) fs.writeSync(rejectsFile, rejectLine(unhashed));
    });
    const source = textSource(hashing);
    const lines = format === 'csv' ? hashCsv(source, columns, hasher, delimiter) : hashNdjson(source, columns, hasher);
    const sink = draft === null ? process.stdout : fs.createWriteStream(draft, { flags: 'wx', mode: OWNER_ONLY_MODE });
    await pipeline(Readable.from(inBlocks(lines)), sink, { end: draft !== null });
    if (draft !== null && out !== null) fs.renameSync(draft, out);
    return hasher.counts;
  } catch (error) {
    if (draft !== null) fs.rmSync(draft, { force: true });
    throw error;
  } finally {
    if (rejectsFile !== null) fs.closeSync(rejectsFile);
  }
}

/** Characters written at once. */
const BLOCK_CHARS = 65_536;

async function* inBlocks(lines: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let block = '';
  for await (const line of lines) {
    block += line;
    if (block.length < BLOCK_CHARS) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}

// What is not text of the encoding ends the run: bytes that were read wrongly would be hashed to somebody else.
function textSource({ path, encoding, onRead }: FileHashing): Readable {
  const decoder = openDecoder(encoding);
  const decoded = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for await (const part of openSource(path, onRead)) yield decode(decoder, encoding, part as Buffer);
    yield decode(decoder, encoding, null);
  };
  return Readable.from(decoded(), { objectMode: false });
}

function openSource(path: string, onRead: (byteCount: number) => void): Readable {
  const source: Readable = path === '-' ? process.stdin : fs.createReadStream(path);
  const counted = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for await (const part of source) {
      onRead((part as Buffer).byteLength);
      yield part as Buffer;
    }
  };
  const read = Readable.from(counted(), { objectMode: false });
  if (!path.toLowerCase().endsWith('.gz')) return read;
  const unpacked = createGunzip();
  read.on('error', (error) => unpacked.destroy(error));
  return read.pipe(unpacked);
}

function openDecoder(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new Error(`no encoding is called \`${encoding}\`; try windows-1252, gbk, utf-16le`);
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, encoding: string, part: Buffer | null): Buffer {
  try {
    return Buffer.from(part === null ? decoder.decode() : decoder.decode(part, { stream: true }));
  } catch {
    throw new Error(`the file is not text in ${encoding}: name its encoding with --encoding`);
  }
}

function rejectLine({ line, column, reason }: Unhashed): string {
  const name = /[",\r\n]/.test(column) ? `"${column.replaceAll('"', '""')}"` : column;
  return `${line},${name},${reason}\n`;
}
