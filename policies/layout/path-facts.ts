import { tableName } from '../collaboration/table-view.ts';
import { type BoundingChoice, declaredChoice } from '../plan/bounding-choice.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { baseName, type ComputedRows } from './join-match.ts';
import type { LayoutForm, StoredLayout } from './layout.ts';
import type { OverTables } from './path.ts';

/**
 * What a path is chosen by: declared facts, and what is stored. Nobody's rows are among them: whoever is over what is
 * declared must not turn a question over many rows to another program, or its time would tell that there is somebody.
 */
export interface PathFacts {
  readonly choice: BoundingChoice;
  readonly stored: readonly StoredLayout[];
}

/** An aggregation as it is asked, or with two of its tables read as their match. */
export interface Reading<Of extends ComputedRows = PlannedAggregate> {
  readonly asked: Of;
  readonly aggregate: Of;
  /** The source that is read as a match, and the layouts' base; `null` for none. */
  readonly match: { readonly ref: string; readonly base: string } | null;
}

/** The declared choice for persons within what is declared, of whom no row is cut. */
export function uncutChoice(aggregate: PlannedAggregate): BoundingChoice {
  return { ...declaredChoice(aggregate), uncut: new Set(aggregate.tables.map(({ view }) => tableName(view))) };
}

/** The stored rows of a base. */
export function rowsOf(base: string, stored: readonly StoredLayout[]): StoredLayout | null {
  return (
    stored.find(({ spec }) => spec.form === 'rows' && baseName(spec.base.table, spec.base.matched) === base) ?? null
  );
}

/** What stands for the tables of a base, to count persons over what is declared; `null` when it is not stored. */
export function overOf(base: string, stored: readonly StoredLayout[]): OverTables | null {
  const ofBase = stored.filter(({ spec }) => baseName(spec.base.table, spec.base.matched) === base);
  const over = ofBase.find(({ spec }) => spec.form === 'over');
  if (over === undefined) return null;
  const { table, matched } = over.spec.base;
  if (matched === null) return new Map([[tableName(table), over]]);
  const beside = ofBase.find(({ spec }) => spec.form === 'beside');
  if (beside === undefined) return null;
  return new Map([
    [tableName(table), over],
    [tableName(matched), beside],
  ]);
}

/** The pairs of a base, by the columns that make them. */
export function pairsOf(
  form: LayoutForm,
  { base, dimensions }: { readonly base: string; readonly dimensions: readonly string[] },
  stored: readonly StoredLayout[],
): StoredLayout | null {
  const wanted = dimensions.join(', ');
  const found = stored.find(({ spec }) => {
    const isBase = baseName(spec.base.table, spec.base.matched) === base;
    return spec.form === form && isBase && spec.dimensions.join(', ') === wanted;
  });
  return found ?? null;
}
