/** A value as a file format gives it, before it is judged by its column's type. */
export type RawValue =
  | string
  | bigint
  | boolean
  | null
  /** A binary floating-point number; its value is the shortest decimal that reads back as it. */
  | { float: number; isSingle: boolean }
  | { unscaled: bigint; scale: number }
  | { days: number }
  | { micros: bigint }
  /** Bytes that are not text, or a type that no column can take. */
  | { unreadable: 'encoding' | 'type' };
