import { columnsIn, type Expression } from './expression.ts';
import type { ProtectedRows, RowSource } from './protected-rows.ts';
import type { GroupKey } from './question-tree.ts';
import { rowsOfInput } from './stability.ts';

/**
 * Whether every key has one value on all rows of a person, whatever the data: then a person is in one group.
 *
 * It is so where all columns come from sources that the engine cuts to one row a person. A left join finds its row for
 * some rows of a person and not for others when its condition reads what varies, and its columns are then both a value
 * and NULL; a public table gives one row for each value that it is joined on.
 */
export function areKeysConstant(rows: ProtectedRows, keys: readonly GroupKey[]): boolean {
  const constant = new Set<string>();
  for (const source of rows.sources) {
    if (isConstant(source, rows, constant)) constant.add(source.ref);
  }
  return keys.every((key) => columnsIn(key.expression).every((c) => constant.has(c.relation)));
}

/** Sources are joined in their order, so that a condition reads this source and those before it. */
function isConstant(source: RowSource, { filters }: ProtectedRows, before: ReadonlySet<string>): boolean {
  if (rowsOfInput(source.input) > 1) return false;
  const readsConstants = (e: Expression): boolean => columnsIn(e).every((c) => before.has(c.relation));
  // An inner join may also be by a condition on rows.
  const conditions = source.how === 'left' ? source.on : [...source.on, ...filters];
  const { input, ref } = source;
  if (input.kind === 'public' && !isLookedUp({ ref, conditions }, input.keys, readsConstants)) return false;
  return (
    source.how === 'inner' || source.on.flatMap(columnsIn).every((c) => c.relation === ref || before.has(c.relation))
  );
}

/**
 * Whether every key of a public table is set equal to something that does not vary within a person. That nothing which
 * varies is named in its conditions is not enough: its key may be set equal to another's by the condition of that one.
 */
function isLookedUp(
  { ref, conditions }: { readonly ref: string; readonly conditions: readonly Expression[] },
  keys: readonly string[],
  readsConstants: (e: Expression) => boolean,
): boolean {
  return keys.every((key) => {
    const isKey = (e: Expression): boolean => e.kind === 'column' && e.relation === ref && e.column === key;
    return conditions.some((c) => {
      if (c.kind !== 'compare' || c.operator !== '=') return false;
      return (isKey(c.left) && readsConstants(c.right)) || (isKey(c.right) && readsConstants(c.left));
    });
  });
}
