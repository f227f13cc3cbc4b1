/** A field of a structure: its id, its type on the wire, and its value. */
export type ThriftField =
  | readonly [id: number, type: 'i32' | 'i64', value: number | bigint]
  | readonly [id: number, type: 'boolean', value: boolean]
  | readonly [id: number, type: 'text', value: string | Uint8Array]
  | readonly [id: number, type: 'struct', value: readonly ThriftField[]]
  | readonly [id: number, type: 'structs', value: readonly (readonly ThriftField[])[]]
  | readonly [id: number, type: 'texts', value: readonly string[]]
  | readonly [id: number, type: 'i32s', value: readonly number[]]
  /** Bytes as they are, behind a type of the sender's choice. */
  | readonly [id: number, type: number, value: Uint8Array];

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const SHORT_LIST = 15;

/** Writes a structure of Thrift's compact protocol with whatever it is told, true or not. */
export function writeThrift(fields: readonly ThriftField[]): Buffer {
  const parts: Uint8Array[] = [];
  let last = 0;
  for (const field of fields) {
    const [type, bytes] = encodeField(field);
    const delta = field[0] - last;
    parts.push(
      delta > 0 && delta < 16 ? Buffer.from([(delta << 4) | type]) : Buffer.from([type, ...varint(zigZag(field[0]))]),
    );
    parts.push(bytes);
    last = field[0];
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** A whole number as Thrift and Parquet write it, seven bits a byte. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** A signed number folded into those without a sign. */
export function zigZag(value: number | bigint): bigint {
  const signed = BigInt(value);
  return (signed << 1n) ^ (signed >> 63n);
}

function encodeField([, type, value]: ThriftField): [number, Uint8Array] {
  switch (type) {
    case 'i32':
      return [I32, Buffer.from(varint(zigZag(value)))];
    case 'i64':
      return [I64, Buffer.from(varint(zigZag(value)))];
    case 'boolean':
      return [value ? 1 : 2, Buffer.alloc(0)];
    case 'text':
      return [BINARY, encodeText(value)];
    case 'struct':
      return [STRUCT, writeThrift(value)];
    case 'structs':
      return [LIST, Buffer.concat([listHeader(value.length, STRUCT), ...value.map(writeThrift)])];
    case 'texts':
      return [LIST, Buffer.concat([listHeader(value.length, BINARY), ...value.map(encodeText)])];
    case 'i32s':
      return [
        LIST,
        Buffer.concat([listHeader(value.length, I32), ...value.map((one) => Buffer.from(varint(zigZag(one))))]),
      ];
    default:
      return [type, value];
  }
}

function encodeText(text: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes]);
}

/** The head of a list, which may promise more than comes. */
export function listHeader(count: number, elementType: number): Buffer {
  if (count < SHORT_LIST) return Buffer.from([(count << 4) | elementType]);
  return Buffer.from([(SHORT_LIST << 4) | elementType, ...varint(count)]);
}
