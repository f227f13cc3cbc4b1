import type { FileDescription } from '../../../wire/inspection.ts';
import type { FileLayout, IngestColumn } from '../../../wire/jobs.ts';
import type { UploadedFile } from '../file-source.ts';
import { RefusedInput } from '../refused-input.ts';
import { shownEncoding, UTF_8 } from '../text/text-encoding.ts';
import { openText, readStart } from '../text/text-source.ts';
import { openUpload } from '../upload-source.ts';
import type { RowTaker } from '../upload-writer.ts';
import { guessEncoding, isUtf8Start } from './guess-encoding.ts';
import { sampleCsv, sampleNdjson } from './sample-text.ts';
import { sniffCsv } from './sniff-csv.ts';
import { TableSample } from './table-sample.ts';

const OPEN_OBJECT = 0x7b;
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const PARQUET_MAGIC = 'PAR1';
const ARROW_FILE_MAGIC = 'ARROW1';
const ARROW_STREAM_MAGIC = '\xff\xff\xff\xff';

type TextFormat = 'csv' | 'ndjson';
type TypedFormat = 'arrow' | 'parquet';

/** Thrown by the taker of rows when it has seen enough; a reader has no other end before that of its file. */
class Enough extends Error {}

/**
 * Finds out how a file is written and what its columns look like. What the layout says is held to.
 *
 * @throws {RefusedInput} when it cannot be read as what it is said to be
 */
export async function describeFile(file: UploadedFile, said: Partial<FileLayout>): Promise<FileDescription> {
  const { packing, bytes } = openUpload(file, { readBytes: 0 });
  const start = await readStart(bytes);
  const format = said.format ?? formatOf(start);
  const found = format === 'csv' || format === 'ndjson';
  const { table, layout, isEncodingGuessed } = found
    ? await describeText(file, { start, said, format })
    : { ...(await describeTyped(file, format)), layout: { format }, isEncodingGuessed: false };
  const { nullWords, ...verdict } = table.verdict();
  const words = format === 'csv' && nullWords.length > 0 ? { nullWords } : {};
  return { layout: { ...words, ...layout, ...said }, packing, isEncodingGuessed, ...verdict };
}

function formatOf(start: Buffer): FileLayout['format'] {
  const magic = start.toString('latin1', 0, ARROW_FILE_MAGIC.length);
  if (magic.startsWith(PARQUET_MAGIC)) return 'parquet';
  if (magic === ARROW_FILE_MAGIC || magic.startsWith(ARROW_STREAM_MAGIC)) return 'arrow';
  const text = start.subarray(0, 3).toString('utf8') === '\uFEFF' ? start.subarray(3) : start;
  const isUtf16 = shownEncoding(start) !== UTF_8;
  const first = text.find((byte) => !WHITE.has(byte) && !(isUtf16 && (byte === 0 || byte >= 0xfe)));
  return first === OPEN_OBJECT ? 'ndjson' : 'csv';
}

async function describeText(
  file: UploadedFile,
  { start, said, format }: { start: Buffer; said: Partial<FileLayout>; format: TextFormat },
): Promise<{ table: TableSample; layout: FileLayout; isEncodingGuessed: boolean }> {
  const shown = said.encoding ?? shownEncoding(start);
  const isEncodingGuessed = said.encoding === undefined && shown === UTF_8 && !isUtf8Start(start);
  const encoding = isEncodingGuessed ? guessEncoding(start) : shown;
  const text = await openText(openUpload(file, { readBytes: 0 }).bytes, encoding);
  if (format === 'ndjson') return { table: await sampleNdjson(text), layout: { format, encoding }, isEncodingGuessed };
  const written = sniffCsv(text.start, said);
  const table = await sampleCsv(text, { ...said, ...written });
  return { table, layout: { format, encoding, ...written }, isEncodingGuessed };
}

// The readers of uploads themselves, asked for all columns: what they refuse is refused here too.
async function describeTyped(file: UploadedFile, format: TypedFormat): Promise<{ table: TableSample }> {
  const table = new TableSample();
  const reader = await readerOf(format);
  const { names, nestedCount } = await reader.readColumnNames(file);
  table.passOver(nestedCount);
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  const described = names.filter((name) => table.addColumn(name) !== null && counts.get(name.toLowerCase()) === 1);
  const samples = described.map((name) => table.column(name) ?? null);
  const taker: RowTaker = {
    readBytes: 0,
    addRow: (_, rawOf) => {
      if (table.addRow(samples, rawOf)) throw new Enough();
    },
  };
  const columns = described.map((name): IngestColumn => ({ name, type: { kind: 'text' }, nullable: true }));
  if (columns.length === 0) throw new RefusedInput('not-supported');
  try {
    await reader.read(columns, file, taker);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return { table };
}

async function readerOf(format: TypedFormat) {
  if (format === 'arrow') {
    const { readArrow, readColumnNames } = await import('../arrow/read-arrow.ts');
    return { read: readArrow, readColumnNames };
  }
  const { readParquet } = await import('../parquet/read-parquet.ts');
  const { readColumnNames } = await import('../parquet/footer.ts');
  return { read: readParquet, readColumnNames };
}
