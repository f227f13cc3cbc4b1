import { tableName } from '../collaboration/table-view.ts';
import { columnsIn, type Expression } from '../plan/expression.ts';
import { mapColumns } from '../plan/map-columns.ts';
import { PERSON_COLUMN, type ProtectedRows, type RowSource } from '../plan/protected-rows.ts';

/**
 * Rows in which memberships that must hold are joins, and a table of one row a person that is joined to itself is there
 * once: the persons are the same, who would be told by other rows.
 *
 * INVARIANT: nobody has more rows than declared. Of whoever has, a cut may keep another row for each reading of a table.
 */
export function joinMemberships(rows: ProtectedRows): ProtectedRows {
  return mergeSingles(withJoins(rows));
}

/** Whoever is in `x IN (SELECT …)` has a row in the one and in the other; a join pairs those, and nobody else's. */
function withJoins({ sources, filters }: ProtectedRows): ProtectedRows {
  const conditions = filters.flatMap(conjuncts);
  const held = sources.filter((source) => isHeld(source, { sources, conditions }));
  const within = held.flatMap(({ input }) => (input.kind === 'per-person' ? [withJoins(input.rows)] : []));
  return {
    sources: [...sources.filter((s) => !held.includes(s)), ...within.flatMap((r) => r.sources)],
    filters: [
      ...conditions.filter((c) => !held.some((source) => asksFor(c, source))),
      ...within.flatMap((r) => r.filters),
    ],
  };
}

interface Around {
  readonly sources: readonly RowSource[];
  readonly conditions: readonly Expression[];
}

/** Whether a source is persons alone, who must be there, and nothing else is asked of it. */
function isHeld(source: RowSource, { sources, conditions }: Around): boolean {
  const { input, ref, on } = source;
  const isPersons = input.kind === 'per-person' && input.keys.length === 0 && input.values.length === 0;
  if (!isPersons || source === sources[0] || on.length > 0) return false;
  const others = [...conditions.filter((c) => !asksFor(c, source)), ...sources.flatMap((s) => s.on)];
  const isAsked = source.how === 'inner' || conditions.some((c) => asksFor(c, source));
  return isAsked && others.flatMap(columnsIn).every((column) => column.relation !== ref);
}

function asksFor(e: Expression, { ref }: RowSource): boolean {
  const isPerson = e.kind === 'is-null' && e.arg.kind === 'column' && e.arg.column === PERSON_COLUMN;
  return isPerson && e.negated && e.arg.relation === ref;
}

function conjuncts(e: Expression): readonly Expression[] {
  return e.kind === 'logic' && e.operator === 'and' ? e.args.flatMap(conjuncts) : [e];
}

/** A person's one row, joined to itself on the person, is that row. */
function mergeSingles({ sources, filters }: ProtectedRows): ProtectedRows {
  const firsts = new Map<string, RowSource>();
  const merged = new Map<string, string>();
  for (const source of sources) {
    const { input, how, ref } = source;
    if (input.kind !== 'table' || how !== 'inner' || input.view.rules.rowsPerPerson !== 1) continue;
    const first = firsts.get(tableName(input.view));
    if (first === undefined) firsts.set(tableName(input.view), source);
    else merged.set(ref, first.ref);
  }
  const change = (e: Expression): Expression =>
    mapColumns(e, (column) => ({ ...column, relation: merged.get(column.relation) ?? column.relation }));
  return {
    sources: sources.flatMap((s) => (merged.has(s.ref) ? [] : [{ ...s, on: s.on.map(change) }])),
    // What an inner join holds to may be held to by what is left.
    filters: [...filters, ...sources.flatMap((s) => (merged.has(s.ref) ? s.on : []))].map(change),
  };
}
