import { microsOf } from '../raw-time.ts';
import type { RawValue } from '../raw-value.ts';
import { refuseUnreadable } from '../refused-input.ts';
import type { Stored } from './page-values.ts';
import type { Meaning, SchemaNode } from './schema.ts';

/** Reads one stored value that is not null. */
export type ValueReader = (stored: Stored) => RawValue;

/** The widest decimal of the format's own writers. */
const MAX_SCALE_DIGITS = 76;

/** The bytes of that many digits. */
const MAX_DECIMAL_BYTES = 32;

const UNREADABLE: RawValue = { unreadable: 'type' };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Chooses how the values of a column are read, by how they are stored and what they mean. */
export function parquetReader({ type, meaning }: SchemaNode): ValueReader {
  if (meaning.kind === 'decimal') return decimalReader(type, meaning.scale);
  switch (type) {
    case 'boolean':
      return (stored) => stored === true;
    case 'float':
      return (stored) => ({ float: Number(stored), isSingle: true });
    case 'double':
      return (stored) => ({ float: Number(stored), isSingle: false });
    case 'int32':
      return int32Reader(meaning);
    case 'int64':
      return int64Reader(meaning);
    case 'int96':
      return (stored) => microsOf(stored as bigint, 'NANOS');
    default:
      return bytesReader(type, meaning);
  }
}

function decimalReader(type: SchemaNode['type'], scale: number): ValueReader {
  // A scale that no writer has would make numbers of millions of digits.
  if (scale < 0 || scale > MAX_SCALE_DIGITS) refuseUnreadable();
  if (type === 'int32' || type === 'int64') {
    return (stored) => ({ unscaled: BigInt(stored as number | bigint), scale });
  }
  if (type !== 'bytes' && type !== 'fixed-bytes') refuseUnreadable();
  return (stored) => {
    const bytes = stored as Uint8Array;
    return bytes.byteLength > MAX_DECIMAL_BYTES ? UNREADABLE : { unscaled: signedBigEndian(bytes), scale };
  };
}

function int32Reader(meaning: Meaning): ValueReader {
  if (meaning.kind === 'date') return (stored) => ({ days: stored as number });
  if (meaning.kind === 'other' || meaning.kind === 'timestamp') return () => UNREADABLE;
  if (meaning.kind === 'unsigned') return (stored) => BigInt((stored as number) >>> 0);
  return (stored) => BigInt(stored as number);
}

function int64Reader(meaning: Meaning): ValueReader {
  if (meaning.kind === 'timestamp') return (stored) => microsOf(stored as bigint, meaning.unit);
  if (meaning.kind === 'other') return () => UNREADABLE;
  if (meaning.kind === 'unsigned') return (stored) => BigInt.asUintN(64, stored as bigint);
  return (stored) => stored as bigint;
}

function bytesReader(type: SchemaNode['type'], meaning: Meaning): ValueReader {
  if (meaning.kind === 'uuid' && type === 'fixed-bytes') return (stored) => uuidText(stored as Uint8Array);
  if (type === 'fixed-bytes' || meaning.kind === 'other') return () => UNREADABLE;
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
  if (bytes.byteLength === 0) return 0n;
  return BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
