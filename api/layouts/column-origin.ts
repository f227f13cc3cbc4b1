import { type LayoutSpec, matchedColumn } from '../../policies/index.ts';

/**
 * The dataset that the values of a layout's column come from, whose key seals it, and the column there: who takes the key
 * away takes its values away, also where they stand beside another member's. What only the layout has is of its table.
 */
export function originOfColumn(
  { base }: LayoutSpec,
  column: string,
): { readonly datasetId: string; readonly source: string } {
  const { table, matched } = base;
  const source = matched?.columns.find(({ name }) => matchedColumn(name) === column);
  if (matched !== null && source !== undefined) return { datasetId: matched.datasetId, source: source.name };
  return { datasetId: table.datasetId, source: column };
}
