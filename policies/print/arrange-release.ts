// Most questions ask nothing of their release but to be shown: columns in an order, rows in an order. Nothing is
// computed there, so that no engine is needed, nor the worker around it: what leaves is cells of the release as they are.
import type { Expression } from '../plan/expression.ts';
import type { OuterQuery, OuterSelect } from '../plan/outer-query.ts';
import type { OrderShape } from '../plan/outer-shape.ts';
import type { Release, ReleaseColumn } from '../protect/protect.ts';

type Cell = Release['rows'][number][number];

/** Rows that are sorted here: a few milliseconds. More would keep everybody else's calls waiting, and are a worker's. */
const MAX_ARRANGED_ROWS_COUNT = 4_096;

/** A release as a plain query shows it. */
export interface ArrangedRelease {
  readonly columns: readonly ReleaseColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Answers a query over one release that only picks, orders and cuts, however deep, as DuckDB would; `null` for every
 * other one.
 *
 * Which of them it is follows from the question and from what leaves, never from more. Rows that the order leaves equal
 * stand as they do in the release.
 */
export function arrangeRelease(
  query: OuterQuery,
  releases: readonly Pick<Release, 'columns' | 'rows'>[],
): ArrangedRelease | null {
  if (query.kind !== 'select' || !isBare(query)) return null;
  const release = sourceOf(query.from, releases);
  if (release === null || release.rows.length > MAX_ARRANGED_ROWS_COUNT) return null;
  const placeOf = (e: Expression): number =>
    e.kind === 'column' ? release.columns.findIndex(({ name }) => name === e.column) : -1;
  const places = query.items.map((item) => placeOf(item.expression));
  // A constant orders nothing.
  const keys = query.orderBy.filter((o) => o.expression.kind !== 'literal');
  const orders = keys.map((key) => ({ place: placeOf(key.expression), compare: comparison(key) }));
  if (places.length === 0 || [...places, ...orders.map(({ place }) => place)].includes(-1)) return null;
  const sorted = release.rows.toSorted((a, b) => {
    for (const { place, compare } of orders) {
      const order = compare(a[place] ?? null, b[place] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  });
  const first = Number(query.offset ?? 0n);
  const shown = sorted.slice(first, query.limit === null ? undefined : first + Number(query.limit));
  return {
    columns: query.items.map(({ name }, index) => ({
      name,
      kind: (release.columns[places[index] ?? 0] as ReleaseColumn).kind,
    })),
    rows: shown.map((row) => places.map((place) => row[place] ?? null)),
  };
}

function sourceOf(from: OuterSelect['from'], releases: Parameters<typeof arrangeRelease>[1]): ArrangedRelease | null {
  if (from?.kind === 'release') return releases[from.index] ?? null;
  return from?.kind === 'subquery' ? arrangeRelease(from.query, releases) : null;
}

function isBare({ distinct, where, groupBy, groupingSets, having, qualify }: OuterSelect): boolean {
  const clauses = [where, groupingSets, having, qualify];
  return !distinct && groupBy.length === 0 && clauses.every((clause) => clause === null);
}

// NULL is last either way, unless the question says otherwise: as in DuckDB.
function comparison({ descending, nulls }: OrderShape<Expression>): (a: Cell, b: Cell) => number {
  const nullSide = nulls === 'first' ? -1 : 1;
  return (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? nullSide : -nullSide;
    return descending ? compareCells(b, a) : compareCells(a, b);
  };
}

function compareCells(a: NonNullable<Cell>, b: NonNullable<Cell>): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  // Not a number is the largest number.
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

// By code points, which is the order of the bytes in UTF-8; JavaScript itself compares halves of surrogate pairs.
function compareTexts(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    if (a.charCodeAt(at) !== b.charCodeAt(at)) return pointAt(a, at) - pointAt(b, at);
  }
  return a.length - b.length;
}

// The first half may be the same in both and the second differ: halves of pairs stand above all others but order among
// themselves as their points do.
function pointAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= FIRST_HALF && unit <= LAST_HALF ? unit + ABOVE_ALL_UNITS : unit;
}

const FIRST_HALF = 0xd800;
const LAST_HALF = 0xdfff;
const ABOVE_ALL_UNITS = 0x10000;
