import { type FlatField, type FlatSpec, writeFlatBuffer } from './hostile-flatbuffer.ts';

const SCHEMA = 1;
const DICTIONARY = 2;
const BATCH = 3;
const V5 = 4;

/** The end mark of a stream. */
export const endMark = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/** A message: its metadata as a table, and its body; either may lie about the other. */
export function arrowMessage(
  headerType: number,
  header: FlatSpec,
  body: Uint8Array = Buffer.alloc(0),
  said: { readonly bodyBytes?: bigint; readonly metadataBytes?: number } = {},
): Buffer {
  const metadata = writeFlatBuffer({
    0: { int16: V5 },
    1: { int8: headerType },
    2: { table: header },
    3: { int64: said.bodyBytes ?? BigInt(body.byteLength) },
  });
  const prefix = Buffer.alloc(8, 0xff);
  prefix.writeUInt32LE(said.metadataBytes ?? metadata.byteLength, 4);
  return Buffer.concat([prefix, metadata, body]);
}

/** A column of the schema; a signed number of 64 bits called `n` unless it is told otherwise. */
export function arrowField(more: FlatSpec = {}): FlatSpec {
  return {
    0: { text: 'n' },
    1: { int8: 1 },
    2: { int8: 2 },
    3: { table: { 0: { int32: 64 }, 1: { int8: 1 } } },
    ...more,
  };
}

/** A column of text called `n`. */
export const textField = arrowField({ 2: { int8: 5 }, 3: { table: {} } });

/** The message of a schema. */
export function arrowSchema(fields: readonly FlatSpec[] = [arrowField()], more: FlatSpec = {}): Buffer {
  return arrowMessage(SCHEMA, { 0: { int16: 0 }, 1: { tables: fields }, ...more });
}

/** What a batch says of itself; true of its buffers unless it is told otherwise. */
export interface HostileBatch {
  readonly rows?: bigint;
  readonly nodes?: readonly (readonly [length: bigint | number, gaps: bigint | number])[];
  readonly places?: readonly (readonly [offset: bigint | number, length: bigint | number])[];
  readonly more?: FlatSpec;
  readonly bodyBytes?: bigint;
}

/** The message of a batch of one column: its buffers one after the other, each at a multiple of eight. */
export function arrowBatch(rows: number, buffers: readonly Uint8Array[], said: HostileBatch = {}): Buffer {
  const { table, body } = batchTable(rows, buffers, said);
  return arrowMessage(BATCH, table, body, said.bodyBytes === undefined ? {} : { bodyBytes: said.bodyBytes });
}

/** The message of a dictionary. */
export function arrowDictionary(
  id: bigint,
  rows: number,
  buffers: readonly Uint8Array[],
  said: HostileBatch & { readonly isDelta?: boolean } = {},
): Buffer {
  const { table, body } = batchTable(rows, buffers, said);
  const header: Record<number, FlatField> = { 0: { int64: id }, 1: { table }, 2: { int8: said.isDelta ? 1 : 0 } };
  return arrowMessage(DICTIONARY, header, body);
}

/** A whole stream. */
export function arrowStream(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...messages, endMark]);
}

/** A file around messages: its footer names the places of its dictionaries and batches. */
export function arrowFile(
  messages: readonly Uint8Array[],
  said: {
    readonly batches?: readonly (readonly bigint[])[];
    readonly footerBytes?: number;
    readonly schema?: FlatSpec;
  } = {},
): Buffer {
  let at = 8;
  const blocks = messages.map((message) => {
    const metadataBytes = 8 + Buffer.from(message).readUInt32LE(4);
    const block = [BigInt(at), BigInt(metadataBytes), BigInt(message.byteLength - metadataBytes)];
    at += message.byteLength;
    return block;
  });
  const footer = writeFlatBuffer({
    0: { int16: V5 },
    1: { table: said.schema ?? { 0: { int16: 0 }, 1: { tables: [arrowField()] } } },
    3: { structs: said.batches ?? blocks },
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(said.footerBytes ?? footer.byteLength);
  const head = Buffer.from('ARROW1\0\0');
  return Buffer.concat([head, ...messages, endMark, footer, length, Buffer.from('ARROW1')]);
}

/** Offsets of text, of four bytes each. */
export function offsets(...values: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer);
}

function batchTable(
  rows: number,
  buffers: readonly Uint8Array[],
  said: HostileBatch,
): { table: FlatSpec; body: Buffer } {
  const parts: Uint8Array[] = [];
  let at = 0;
  const places = buffers.map((buffer) => {
    const place = [at, buffer.byteLength] as const;
    const padding = (8 - (buffer.byteLength % 8)) % 8;
    parts.push(buffer, Buffer.alloc(padding));
    at += buffer.byteLength + padding;
    return place;
  });
  const table = {
    0: { int64: said.rows ?? BigInt(rows) },
    1: { structs: said.nodes ?? [[rows, 0]] },
    2: { structs: said.places ?? places },
    ...said.more,
  };
  return { table, body: Buffer.concat(parts) };
}
