import type { IngestColumn } from '../../wire/jobs.ts';
import { RefusedInput } from './refused-input.ts';

/** The name of a column in a file. */
export function sourceOf(column: IngestColumn): string {
  return column.source ?? column.name;
}

/**
 * Finds the place of each column among the names of a file.
 *
 * Names that differ by case only are one name to SQL: which of the two the sender means nobody can know.
 *
 * @throws {RefusedInput} when a column is missing or stands there twice
 */
export function placesOf(columns: readonly string[], names: readonly string[]): number[] {
  const counts = new Map<string, number>();
  const places = new Map<string, number>();
  for (const [place, name] of names.entries()) {
    const folded = name.toLowerCase();
    counts.set(folded, (counts.get(folded) ?? 0) + 1);
    places.set(name, place);
  }
  return columns.map((name) => {
    const place = places.get(name);
    if (place === undefined || counts.get(name.toLowerCase()) !== 1) throw new RefusedInput('header-mismatch');
    return place;
  });
}
