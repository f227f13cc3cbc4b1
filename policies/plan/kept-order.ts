import { areKeysConstant } from './constant-keys.ts';
import { type AggregateDraft, keyColumn } from './question-tree.ts';

/** Names of key columns, in the order in which groups of a person are put to keep some of them. */
export interface KeptOrder {
  /** Keys that differ among the groups of a person: columns by their names, then the others as they were asked. */
  readonly varying: readonly string[];
  /** Keys that are the same on all rows of a person. */
  readonly others: readonly string[];
}

/**
 * The order of keys by which it is decided which groups of a person over the bound stay.
 *
 * Any order that follows from the person's own rows and the salt would do. This one is the same for all questions that
 * are grouped by the same columns of a table, whatever else they are grouped by that does not vary within a person: so it
 * can be known, and stored, before they are asked.
 */
export function keptOrder({ rows, keys }: Pick<AggregateDraft, 'rows' | 'keys'>): KeptOrder {
  const named = keys.map((key, index) => {
    const { expression } = key;
    const column = expression.kind === 'column' ? expression.column : null;
    return { name: keyColumn(index), column, isVarying: !areKeysConstant(rows, [key]) };
  });
  const varying = named.filter((k) => k.isVarying);
  const columns = varying.filter((k) => k.column !== null);
  const sorted = columns.toSorted((a, b) => compare(a.column ?? '', b.column ?? ''));
  return {
    varying: [...sorted, ...varying.filter((k) => k.column === null)].map((k) => k.name),
    others: named.filter((k) => !k.isVarying).map((k) => k.name),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
