// Sorted lists of leaf indices, walked together: whichever is furthest says where the others go on. A search costs about what
// its rarest word costs, whatever the size of the log.
/** A sorted list of leaf indices that is asked for places in rising order. */
export interface Cursor {
  /** The first leaf at or after a place; infinite when there is none. */
  readonly seek: (leafIndex: number) => number;
}

/** How many leaves are fetched at once: few after a jump, more and more while a list is read on. */
const FIRST_FETCH_COUNT = 16;
const MAX_FETCH_COUNT = 1_024;

/** Counts what a search has fetched, so that it lets others on in between. */
export interface Pace {
  fetchCount: number;
}

/** Nothing. */
export const noLeaf: Cursor = { seek: () => Number.POSITIVE_INFINITY };

/** The leaves of a list that is fetched from a place on, at most so many at once. */
export function listCursor(list: (fromIndex: number, limit: number) => readonly number[], pace: Pace): Cursor {
  let fetched: readonly number[] = [];
  let position = 0;
  let limit = FIRST_FETCH_COUNT;
  let isWhole = false;
  const last = (): number => fetched.at(-1) ?? -1;
  const fetch = (leafIndex: number): void => {
    const isNext = fetched.length > 0 && leafIndex === last() + 1;
    limit = isNext ? Math.min(limit * 2, MAX_FETCH_COUNT) : FIRST_FETCH_COUNT;
    fetched = list(leafIndex, limit);
    position = 0;
    isWhole = fetched.length < limit;
    pace.fetchCount += 1;
  };
  return {
    seek: (leafIndex) => {
      if (leafIndex > last() && !isWhole) fetch(leafIndex);
      while (position < fetched.length && (fetched[position] ?? 0) < leafIndex) position += 1;
      return fetched[position] ?? Number.POSITIVE_INFINITY;
    },
  };
}

/** The leaves that are in any of several lists. */
export function anyOf(cursors: readonly Cursor[]): Cursor {
  const [only, ...others] = cursors;
  if (only !== undefined && others.length === 0) return only;
  const places = cursors.map(() => -1);
  return {
    seek: (leafIndex) => {
      let first = Number.POSITIVE_INFINITY;
      for (const [index, cursor] of cursors.entries()) {
        if ((places[index] ?? -1) < leafIndex) places[index] = cursor.seek(leafIndex);
        first = Math.min(first, places[index] ?? first);
      }
      return first;
    },
  };
}

/** The leaves of a list from one place up to another, that one not included. */
export function within({ seek }: Cursor, fromIndex: number, untilIndex: number): Cursor {
  return {
    seek: (leafIndex) => {
      if (leafIndex >= untilIndex) return Number.POSITIVE_INFINITY;
      const found = seek(Math.max(leafIndex, fromIndex));
      return found < untilIndex ? found : Number.POSITIVE_INFINITY;
    },
  };
}

/** Every leaf. */
export const everyLeaf: Cursor = { seek: (leafIndex) => leafIndex };

/** The first leaf at or after a place that is in all lists. */
export function* meet(cursors: readonly Cursor[], leafIndex: number): Generator<'on', number> {
  let place = leafIndex;
  let agreed = 0;
  while (Number.isFinite(place) && agreed < cursors.length) {
    agreed = 0;
    for (const cursor of cursors) {
      const found = cursor.seek(place);
      if (found === place) agreed += 1;
      place = found;
    }
    // To whoever walks: nothing yet, and a good moment to let others on.
    if (agreed < cursors.length) yield 'on';
  }
  return place;
}
