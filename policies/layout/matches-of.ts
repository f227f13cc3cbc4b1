import { tablesIn } from '../plan/walk-rows.ts';
import { baseName, type ComputedRows, innerTables, joinMatch } from './join-match.ts';
import type { PathFacts, Reading } from './path-facts.ts';

/** The readings of an aggregation, those over a match first: they read less. */
export function readingsOf<Of extends ComputedRows>(
  asked: Of,
  facts: Pick<PathFacts, 'stored'>,
): readonly Reading<Of>[] {
  return [...matchesOf(asked, facts), { asked, aggregate: asked, match: null }];
}

/**
 * Two tables that are joined, of one row a person in the second, and no third of persons: whoever is over what is declared
 * of either is counted from rows that stand beside the match, and those of other tables do not.
 */
function matchesOf<Of extends ComputedRows>(asked: Of, { stored }: Pick<PathFacts, 'stored'>): readonly Reading<Of>[] {
  const tables = innerTables(asked.rows);
  const people = tablesIn(asked.rows).filter(({ view }) => view.rules.publicTable === null);
  if (tables.length !== 2 || people.length !== 2) return [];
  const bases = new Set(stored.map(({ spec }) => baseName(spec.base.table, spec.base.matched)));
  return tables.flatMap((table) =>
    tables.flatMap((matched): readonly Reading<Of>[] => {
      const base = baseName(table.view, matched.view);
      const isMatch = table.ref !== matched.ref && matched.view.rules.rowsPerPerson === 1 && bases.has(base);
      if (!isMatch) return [];
      return [{ asked, aggregate: joinMatch(asked, table, matched), match: { ref: table.ref, base } }];
    }),
  );
}
