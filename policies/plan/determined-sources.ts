import { columnsIn, type Expression } from './expression.ts';
import type { ProtectedRows, RowSource } from './protected-rows.ts';

/**
 * Whether the join of public tables is bounded: each is looked up by all of its keys, in an order in which every key is
 * set equal to something that is there already.
 *
 * Two public tables that are looked up by each other alone would meet every row of a person, without any bound.
 */
export function areLookUpsBounded(rows: ProtectedRows): boolean {
  const people = rows.sources.filter((s) => s.input.kind !== 'public').map((s) => s.ref);
  return grown(new Set(people), rows, (source, known) => isLookedUp(source, rows, known)).size === rows.sources.length;
}

/**
 * The sources whose columns have one value each on all rows of a person; `isSingle` tells which have one row at most.
 */
export function constantSources(rows: ProtectedRows, isSingle: (index: number) => boolean): ReadonlySet<string> {
  return grown(new Set(), rows, (source, known) => {
    if (!isSingle(rows.sources.indexOf(source))) return false;
    if (source.input.kind === 'public' && !isLookedUp(source, rows, known)) return false;
    // A left join whose condition varies finds its row for some rows of a person only.
    return source.how === 'inner' || source.on.every((c) => readsOnly(c, new Set([...known, source.ref])));
  });
}

/** Adds sources for as long as what is known lets more of them in. */
function grown(
  start: ReadonlySet<string>,
  rows: ProtectedRows,
  enters: (source: RowSource, known: ReadonlySet<string>) => boolean,
): ReadonlySet<string> {
  const known = new Set(start);
  for (let size = -1; size !== known.size; ) {
    size = known.size;
    for (const source of rows.sources) {
      if (!known.has(source.ref) && enters(source, known)) known.add(source.ref);
    }
  }
  return known;
}

function isLookedUp(source: RowSource, rows: ProtectedRows, known: ReadonlySet<string>): boolean {
  const { input, ref } = source;
  if (input.kind !== 'public') return false;
  // All conditions hold on a row of inner joins; a left join is decided by its own.
  const inner = rows.sources.filter((s) => s.how === 'inner').flatMap((s) => s.on);
  const conditions = source.how === 'left' ? source.on : [...inner, ...rows.filters];
  return input.keys.every((key) => {
    const isKey = (e: Expression): boolean => e.kind === 'column' && e.relation === ref && e.column === key;
    return conditions.some((c) => {
      if (c.kind !== 'compare' || c.operator !== '=') return false;
      return (isKey(c.left) && readsOnly(c.right, known)) || (isKey(c.right) && readsOnly(c.left, known));
    });
  });
}

function readsOnly(e: Expression, known: ReadonlySet<string>): boolean {
  return columnsIn(e).every((c) => known.has(c.relation));
}
