// Uploads read in this process: what is under test is the reader, not the wall around it.
import { cellsOfChunk } from '../../../wire/cells.ts';
import { decodeColumnChunk } from '../../../wire/column-chunk.ts';
import type { Cell } from '../../../wire/column-type.ts';
import type { FileLayout, IngestColumn } from '../../../wire/jobs.ts';
import type { Reject } from '../../../wire/messages.ts';
import type { UploadedFile } from '../file-source.ts';
import { readUpload } from '../read-upload.ts';
import { refusalOf } from '../refused-input.ts';
import { UploadWriter } from '../upload-writer.ts';

/** What became of an upload. */
export interface TakenUpload {
  /** The rows of all chunks in their order. */
  rows: Cell[][];
  /** The rows of each chunk of the first column. */
  chunkRows: number[];
  rejects: Reject[];
  refusal: string | null;
}

/** A file in memory that comes in parts of so many bytes. */
export function memoryFile(bytes: Uint8Array | string, partBytes = 65_536): UploadedFile {
  const file = Buffer.from(bytes as string);
  return {
    byteCount: file.byteLength,
    *bytes(from) {
      for (let at = from; at < file.byteLength; at += partBytes) yield file.subarray(at, at + partBytes);
    },
    range: (from, to) => Uint8Array.from(file.subarray(from, to)),
  };
}

/** Reads an upload as a worker does. */
export async function takeUpload(
  file: UploadedFile,
  columns: readonly IngestColumn[],
  { layout = { format: 'csv' }, maxRejects = 1_000 }: { layout?: FileLayout; maxRejects?: number } = {},
): Promise<TakenUpload> {
  const cells: Cell[][] = columns.map(() => []);
  const taken: TakenUpload = { rows: [], chunkRows: [], rejects: [], refusal: null };
  const writer = new UploadWriter({
    columns,
    maxRejects,
    sortKey: Buffer.alloc(32, 3),
    say: (message) => {
      if (message.kind === 'rejects') taken.rejects.push(...message.rejects);
      if (message.kind !== 'chunk') return;
      const chunk = decodeColumnChunk(message.bytes);
      if (message.column === 0) taken.chunkRows.push(chunk.rowCount);
      for (const cell of cellsOfChunk(chunk)) cells[message.column]?.push(cell);
    },
  });
  try {
    await readUpload({ layout, columns }, file, writer);
    writer.finish();
  } catch (error) {
    taken.refusal = refusalOf(error).reason;
  }
  taken.rows = (cells[0] ?? []).map((_, row) => cells.map((column) => column[row] as Cell));
  return taken;
}
