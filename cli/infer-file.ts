import { open } from 'node:fs/promises';
import { datasets, type uploads } from '../proto/index.ts';
import { FileSource, type GalleyClient, Patience, sendMissing, type UploadSource } from './client/index.ts';
import type { SchemaFile } from './schema-file.ts';
import { beginFile, formatOf, layoutOf, stageFile, standardInput } from './upload-file.ts';

/**
 * What is sent of a text file to find out what it is: more than is looked at, and little beside many gigabytes. A later
 * upload of the same file goes on from there.
 */
const sampleBytes = 16 * 1024 * 1024;

/** The first bytes of a zip archive. */
const zipMagic = Buffer.from('PK\x03\x04', 'latin1');

/** How long a service may be away before a look is given up. */
const patienceMs = 60_000;

/** Finds out how a file is written and what its columns are, sending no more of it than that needs. */
export async function inferFile(
  client: GalleyClient,
  path: string,
  format: datasets.FileFormat = formatOf(path),
): Promise<uploads.InspectUploadResponse> {
  const { uploadId } = await sendSample(client, path, format);
  return await client.uploads.inspect({ uploadId, layout: layoutOf(format) });
}

async function sendSample(
  client: GalleyClient,
  path: string,
  format: datasets.FileFormat,
): Promise<{ readonly uploadId: string }> {
  const isText = format === datasets.FileFormat.CSV || format === datasets.FileFormat.NDJSON;
  // What a Parquet or Arrow file holds stands at its end, and so does what a zip archive holds.
  if (!isText || path === standardInput || (await isArchive(path)))
    return await stageFile(client, { datasetId: '', path });
  await using source = await FileSource.open(path);
  const begun = await beginFile(client, { datasetId: '', path }, source);
  const sending = { client: client.uploads, source: headOf(source), patience: new Patience(patienceMs) };
  return Number(begun.committedBytes) >= sampleBytes ? begun : await sendMissing(begun, sending);
}

async function isArchive(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(zipMagic.length), 0, zipMagic.length, 0);
  return bytesRead === zipMagic.length && buffer.equals(zipMagic);
}

function headOf(source: FileSource): UploadSource {
  return {
    byteCount: Math.min(source.byteCount, sampleBytes),
    digest: () => source.digest(),
    read: async function* (from) {
      let at = from;
      for await (const piece of source.read(from)) {
        yield piece.subarray(0, sampleBytes - at);
        at += piece.length;
        if (at >= sampleBytes) return;
      }
    },
  };
}

/** What was found out, as a first schema file. */
export function proposedSchema({ layout, columns }: uploads.InspectUploadResponse): SchemaFile {
  return {
    layout: layout ?? layoutOf(datasets.FileFormat.UNSPECIFIED),
    columns: columns.flatMap(({ column }) => column ?? []),
    tolerance: { rows: 0n, share: 0 },
  };
}
