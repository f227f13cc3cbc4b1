/**
 * A column type at rest and on the wire. Decimals are fixed-point int64 with `scale` digits after the point. A digest is
 * the SHA-256 of a normalised identifier: it stands in vault columns only, and no query ever sees one.
 */
export type ColumnType =
  | { kind: 'boolean' | 'integer' | 'text' | 'date' | 'timestamp' | 'person' | 'digest' }
  | { kind: 'decimal'; scale: number };

/**
 * What only derived tables have. A code is the index of a text in a dictionary of the whole column; an ordinal has 32
 * bits, a rank 16, both without a sign.
 */
export type LayoutType = { kind: 'code' | 'ordinal' | 'rank' };

/** What a wire chunk may hold: a column type, a layout's own, or `double`, which exists only for released values. */
export type WireType = ColumnType | LayoutType | { kind: 'double' };

/**
 * One value.
 *
 * Shape: integer, decimal (unscaled), date, timestamp, person, code, ordinal and rank are bigint; double is number; digest
 * is its base64, 44 characters.
 * Units: date is days since 1970-01-01; timestamp is microseconds since 1970-01-01T00:00Z.
 */
export type Cell = string | bigint | number | boolean | null;

/** Bytes of a digest. */
export const DIGEST_BYTES = 32;

/** Most texts of a dictionary: any code fits 16 bits, and the engine holds it in no more. */
export const MAX_DICTIONARY_COUNT = 65_535;

/** The digits an int64 can always hold; a wider decimal could overflow silently. */
export const MAX_DECIMAL_SCALE_DIGITS = 18;

/** The kinds of wire columns in the order of their codes in a chunk header: append only, files at rest depend on it. */
export const WIRE_KINDS = [
  'boolean',
  'integer',
  'text',
  'date',
  'timestamp',
  'person',
  'decimal',
  'double',
  'digest',
  'code',
  'ordinal',
  'rank',
] as const satisfies readonly WireType['kind'][];

/** Tells whether two wire types are the same, scale included. */
export function isSameType(a: WireType, b: WireType): boolean {
  return a.kind === b.kind && (a.kind !== 'decimal' || b.kind !== 'decimal' || a.scale === b.scale);
}
