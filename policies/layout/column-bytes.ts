import type { LayoutColumnType } from './layout.ts';

/** What the engine holds of a value. */
const BYTES: Readonly<Record<LayoutColumnType['kind'], number>> = {
  person: 8,
  integer: 8,
  decimal: 8,
  double: 8,
  timestamp: 8,
  date: 4,
  interval: 16,
  boolean: 1,
  null: 1,
  // A place and a length, and about as much again of the text itself.
  text: 32,
  code: 2,
  ordinal: 4,
  rank: 2,
};

/** What the engine holds of one value of a column, about: by it a table is cut into shards. */
export function columnBytes({ kind }: LayoutColumnType): number {
  return BYTES[kind];
}
