import type { FileLayout, IngestColumn } from '../../wire/jobs.ts';
import type { UploadedFile } from './file-source.ts';
import { openText } from './text/text-source.ts';
import { uploadBytes } from './upload-source.ts';
import type { UploadWriter } from './upload-writer.ts';

/**
 * Reads an uploaded file into a writer, in the format and the way that its layout says.
 *
 * @throws {RefusedInput} when the file as a whole is refused
 */
export async function readUpload(
  { layout, columns }: { layout: FileLayout; columns: readonly IngestColumn[] },
  file: UploadedFile,
  writer: UploadWriter,
): Promise<void> {
  switch (layout.format) {
    case 'csv': {
      const text = await openText(uploadBytes(file, writer), layout.encoding);
      return await (await import('./csv/read-csv.ts')).readCsv({ columns, layout }, text, writer);
    }
    case 'ndjson': {
      const text = await openText(uploadBytes(file, writer), layout.encoding);
      return await (await import('./ndjson/read-ndjson.ts')).readNdjson(columns, text, writer);
    }
    case 'arrow':
      return await (await import('./arrow/read-arrow.ts')).readArrow(columns, file, writer);
    case 'parquet':
      return (await import('./parquet/read-parquet.ts')).readParquet(columns, file, writer);
  }
}
