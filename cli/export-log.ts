import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { audit } from '../proto/index.ts';
import type { EntryRequest, GalleyClient, Patience } from './client/index.ts';

/** The ending of a file that is not whole yet. */
const HALF = '.part';

/** What is to be written, and where. */
export interface ExportOrder {
  readonly format: audit.ExportFormat;
  readonly filter: NonNullable<EntryRequest['filter']>;
  /** The file; `{from}` and `{until}` in its name become the places of the log that it covers. */
  readonly to: string;
  readonly fromIndex: number;
  /** Not set: the size that the log has now. */
  readonly untilIndex?: number | undefined;
}

/** What was written. */
export interface ExportedLog {
  readonly path: string;
  readonly fromIndex: number;
  /** The first place that is not in it: where the next export goes on. */
  readonly untilIndex: number;
  readonly entries: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Who learns how it goes, and how long a lost service is waited for. */
export interface ExportWatch {
  readonly patience: Patience;
  readonly onProgress: (lookedAt: number, total: number, entries: number) => void;
  /** Just before the file gets its name. */
  readonly onWritten?: (written: ExportedLog) => Promise<void>;
}

/**
 * Has entries written to a file, which appears whole or not at all.
 *
 * A connection that is lost is taken up again: files of lines go on behind their last whole line, a Parquet file begins
 * anew, as its end speaks of all of it.
 *
 * @throws {Error} when there is a file of that name already
 */
export async function exportLog(client: GalleyClient, order: ExportOrder, watch: ExportWatch): Promise<ExportedLog> {
  const half = `${order.to.replaceAll(/[{}]/gu, '')}${HALF}`;
  const file = await open(half, 'w', 0o600);
  let written: Omit<ExportedLog, 'path' | 'sha256'>;
  try {
    written = await writeAll(client, order, watch, file);
    await file.sync();
  } finally {
    await file.close();
  }
  const { fromIndex, untilIndex } = written;
  const path = order.to.replaceAll('{from}', String(fromIndex)).replaceAll('{until}', String(untilIndex));
  if (await exists(path)) throw new Error(`there is a file \`${path}\` already; name another with \`--to\``);
  const exported = { ...written, path, sha256: await digestOf(half) };
  await watch.onWritten?.(exported);
  await rename(half, path);
  await syncDirectoryOf(path);
  return exported;
}

/** How far a file of lines is whole. */
interface Whole {
  readonly place: number;
  readonly bytes: number;
  readonly entries: number;
}

async function writeAll(
  client: GalleyClient,
  order: ExportOrder,
  { patience, onProgress }: ExportWatch,
  file: FileHandle,
): Promise<Omit<ExportedLog, 'path' | 'sha256'>> {
  const { fromIndex, format, filter } = order;
  const nothing: Whole = { place: fromIndex, bytes: 0, entries: 0 };
  let whole = nothing;
  let untilIndex = order.untilIndex;
  do {
    try {
      await file.truncate(whole.bytes);
      const began = whole;
      let bytes = began.bytes;
      const range = { fromIndex: BigInt(began.place), untilIndex: BigInt(untilIndex ?? 0) };
      for await (const piece of client.audit.exportEntries({ filter, format, ...range })) {
        untilIndex = began.place + Number(piece.total);
        await file.write(piece.content, 0, piece.content.length, bytes);
        bytes += piece.content.length;
        const place = began.place + Number(piece.lookedAt);
        if (place > whole.place) whole = { place, bytes, entries: began.entries + Number(piece.written) };
        onProgress(place - fromIndex, untilIndex - fromIndex, began.entries + Number(piece.written));
        patience.reset();
      }
      if (whole.place === began.place && bytes > began.bytes) whole = { ...whole, bytes };
    } catch (error) {
      if (format === audit.ExportFormat.PARQUET) whole = nothing;
      await patience.wait(error);
    }
  } while (untilIndex === undefined || whole.place < untilIndex);
  const end = untilIndex ?? whole.place;
  return { fromIndex, untilIndex: end, entries: whole.entries, bytes: whole.bytes };
}

/** SHA-256 of a file, hex. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    for await (const bytes of file.createReadStream()) hash.update(bytes as Buffer);
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** Whether there is a file. */
async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function syncDirectoryOf(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
