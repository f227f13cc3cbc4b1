import type { IngestColumn } from '../../../wire/jobs.ts';
import type { UploadedFile } from '../file-source.ts';
import { MAX_DICTIONARY_ENTRIES_COUNT } from '../limits.ts';
import { sourceOf } from '../places-of.ts';
import type { RawValue } from '../raw-value.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import { uploadBytes } from '../upload-source.ts';
import type { RowTaker } from '../upload-writer.ts';
import { arrowReader } from './arrow-values.ts';
import { ByteSource } from './byte-source.ts';
import { FILE_MAGIC, readFileMessages } from './file-messages.ts';
import { type ArrowMessage, PREFIX_BYTES, readStream } from './messages.ts';
import { RecordBatch } from './record-batch.ts';
import { type ArrowField, type ArrowSchema, readSchema } from './schema.ts';

/**
 * Reads an Arrow IPC stream from front to back, or an Arrow IPC file by its footer, holding one batch at a time.
 *
 * This is a reader of our own, for flat columns only: the library believes each length and offset of the file.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readArrow(columns: readonly IngestColumn[], file: UploadedFile, writer: RowTaker): Promise<void> {
  const messages = messagesOf(file, writer);
  const first = await messages.next();
  if (first.done === true) throw new RefusedInput('empty');
  if (first.value.kind !== 'schema') refuseUnreadable();
  const names = columns.map(sourceOf);
  const reader = new BatchReader(readSchema(first.value.header, names), writer);
  for await (const message of messages) await reader.take(message);
}

/**
 * Reads the names of the flat columns of an Arrow file; those of nested ones are left out.
 *
 * @throws {RefusedInput} when it does not begin with a schema
 */
export async function readColumnNames(file: UploadedFile): Promise<{ names: string[]; nestedCount: number }> {
  const first = await messagesOf(file, { readBytes: 0, addRow: () => undefined }).next();
  if (first.done === true) throw new RefusedInput('empty');
  if (first.value.kind !== 'schema') refuseUnreadable();
  const { fields } = readSchema(first.value.header, []);
  const flat = fields.filter(({ type }) => type.kind !== 'unsupported');
  return { names: flat.map(({ name }) => name), nestedCount: fields.length - flat.length };
}

async function* messagesOf(file: UploadedFile, writer: RowTaker): AsyncGenerator<ArrowMessage, void, undefined> {
  if (isFile(file.range(0, Math.min(FILE_MAGIC.length, file.byteCount)))) {
    yield* readFileMessages(file, (byteCount) => {
      writer.readBytes += byteCount;
    });
    return;
  }
  const source = new ByteSource(uploadBytes(file, writer));
  const start = await takeStart(source);
  // Its footer is at its end, and what is compressed has no end before all of it is unpacked.
  if (isFile(start)) throw new RefusedInput('compressed');
  yield* readStream(start, source);
}

function isFile(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, FILE_MAGIC.length)).toString('latin1') === FILE_MAGIC;
}

async function takeStart(source: ByteSource): Promise<Uint8Array> {
  try {
    return await source.take(PREFIX_BYTES);
  } catch (error) {
    // What is shorter than the shortest start is no file of this format, cut off or not.
    const isShort = error instanceof RefusedInput && error.reason === 'truncated';
    throw isShort ? new RefusedInput('not-this-format') : error;
  }
}

class BatchReader {
  readonly #schema: ArrowSchema;
  readonly #writer: RowTaker;
  /** The fields whose entries are wanted, by dictionary. */
  readonly #wanted: ReadonlyMap<bigint, ArrowField>;
  readonly #dictionaries = new Map<bigint, RawValue[]>();
  #nextRow = 1;

  constructor(schema: ArrowSchema, writer: RowTaker) {
    this.#schema = schema;
    this.#writer = writer;
    this.#wanted = new Map(
      schema.places.flatMap((place) => {
        const field = schema.fields[place] as ArrowField;
        return field.dictionary === null ? [] : [[field.dictionary.id, field]];
      }),
    );
  }

  async take(message: ArrowMessage): Promise<void> {
    if (message.kind === 'schema') refuseUnreadable();
    if (message.kind === 'dictionary') return await this.#takeDictionary(message);
    const batch = new RecordBatch(message.header, await message.body());
    const { fields, places } = this.#schema;
    const columns = batch.columns(fields, places);
    const readers = columns.map((column, index) =>
      arrowReader(fields[places[index] as number] as ArrowField, column, (id) => this.#entriesOf(id)),
    );
    for (let row = 0; row < batch.rowCount; row += 1) {
      this.#writer.addRow(this.#nextRow + row, (column) => (readers[column] as (row: number) => RawValue)(row));
    }
    this.#nextRow += batch.rowCount;
  }

  async #takeDictionary({ header, body }: ArrowMessage): Promise<void> {
    const id = header.id(0);
    const field = this.#wanted.get(id);
    if (field === undefined) return;
    const batch = new RecordBatch(header.table(1) ?? refuseUnreadable(), await body());
    const isDelta = header.int(2, 1) !== 0;
    const entries = isDelta ? this.#entriesOf(id) : [];
    if (entries.length + batch.rowCount > MAX_DICTIONARY_ENTRIES_COUNT) throw new RefusedInput('part-too-large');
    const entry = { ...field, dictionary: null, bufferCount: entryBufferCount(field) };
    const [column] = batch.columns([entry], [0]);
    const read = arrowReader(entry, column ?? refuseUnreadable(), () => refuseUnreadable());
    for (let row = 0; row < batch.rowCount; row += 1) entries.push(read(row));
    this.#dictionaries.set(id, entries);
  }

  #entriesOf(id: bigint): RawValue[] {
    return this.#dictionaries.get(id) ?? refuseUnreadable();
  }
}

// In the batch the field takes the buffers of its indices; in the dictionary those of its entries.
function entryBufferCount({ type }: ArrowField): number {
  if (type.kind === 'null') return 0;
  return type.kind === 'text' || type.kind === 'large-text' ? 3 : 2;
}
