import type { SchemaElement } from 'hyparquet';
import { microsOf, type TimeUnit } from './raw-time.ts';
import type { RawValue } from './raw-value.ts';

/** Reads one stored value that is not null. */
export type ValueReader = (stored: unknown) => RawValue;

/** The widest decimal of the format's own writers. */
const MAX_SCALE_DIGITS = 76;

const UNREADABLE: RawValue = { unreadable: 'type' };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Chooses how the values of a column are read, by its physical and logical type. */
export function parquetReader(element: SchemaElement): ValueReader {
  const scale = decimalScale(element);
  switch (element.type) {
    case 'BOOLEAN':
      return (stored) => stored === true;
    case 'FLOAT':
      return (stored) => ({ float: Number(stored), isSingle: true });
    case 'DOUBLE':
      return (stored) => ({ float: Number(stored), isSingle: false });
    case 'INT32':
      return scale === null ? int32Reader(element) : (stored) => ({ unscaled: BigInt(stored as number), scale });
    case 'INT64':
      return scale === null ? int64Reader(element) : (stored) => ({ unscaled: stored as bigint, scale });
    case 'INT96':
      return (stored) => microsOf(stored as bigint, 'NANOS');
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return scale === null
        ? bytesReader(element)
        : (stored) => ({ unscaled: signedBigEndian(stored as Uint8Array), scale });
    default:
      return () => UNREADABLE;
  }
}

function decimalScale({ converted_type, logical_type, scale }: SchemaElement): number | null {
  if (logical_type?.type !== 'DECIMAL' && converted_type !== 'DECIMAL') return null;
  const digits = logical_type?.type === 'DECIMAL' ? logical_type.scale : (scale ?? 0);
  return Math.min(Math.max(digits, 0), MAX_SCALE_DIGITS);
}

function int32Reader({ converted_type, logical_type }: SchemaElement): ValueReader {
  if (converted_type === 'DATE' || logical_type?.type === 'DATE') return (stored) => ({ days: stored as number });
  if (converted_type === 'TIME_MILLIS' || logical_type?.type === 'TIME') return () => UNREADABLE;
  const isUnsigned = converted_type?.startsWith('UINT') || (logical_type?.type === 'INTEGER' && !logical_type.isSigned);
  return (stored) => BigInt(isUnsigned ? (stored as number) >>> 0 : (stored as number));
}

function int64Reader({ converted_type, logical_type }: SchemaElement): ValueReader {
  const unit = timestampUnit({ converted_type, logical_type });
  if (unit !== null) return (stored) => microsOf(stored as bigint, unit);
  if (converted_type === 'TIME_MICROS' || logical_type?.type === 'TIME') return () => UNREADABLE;
  const isUnsigned = converted_type === 'UINT_64' || (logical_type?.type === 'INTEGER' && !logical_type.isSigned);
  return (stored) => (isUnsigned ? BigInt.asUintN(64, stored as bigint) : (stored as bigint));
}

function timestampUnit({
  converted_type,
  logical_type,
}: {
  converted_type: SchemaElement['converted_type'] | undefined;
  logical_type: SchemaElement['logical_type'] | undefined;
}): TimeUnit | null {
  if (logical_type?.type === 'TIMESTAMP') return logical_type.unit;
  if (converted_type === 'TIMESTAMP_MILLIS') return 'MILLIS';
  return converted_type === 'TIMESTAMP_MICROS' ? 'MICROS' : null;
}

function bytesReader({ type, logical_type }: SchemaElement): ValueReader {
  if (logical_type?.type === 'UUID') return (stored) => uuidText(stored as Uint8Array);
  if (type === 'FIXED_LEN_BYTE_ARRAY') return () => UNREADABLE;
  return (stored) => textOf(stored as Uint8Array);
}

function textOf(bytes: Uint8Array): RawValue {
  try {
    return decoder.decode(bytes);
  } catch {
    return { unreadable: 'encoding' };
  }
}

function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function signedBigEndian(bytes: Uint8Array): bigint {
  return bytes.byteLength === 0
    ? 0n
    : BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
