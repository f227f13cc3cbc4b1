import { canonicalText, layoutsOf, type TableView } from '../../policies/index.ts';
import { newestSnapshots } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { WantedLayout } from './wanted-layouts.ts';

/**
 * Whether nobody would ever find these layouts, were they made to their end: rules or contents are others than they are
 * made of, opt-outs and days of consent included. Who is one person, which is looked up row by row, is left to the next
 * look at all.
 */
export async function isOutdated(
  kitchen: Kitchen,
  collaborationId: string,
  { group, views }: { readonly group: readonly WantedLayout[]; readonly views: readonly TableView[] },
): Promise<boolean> {
  const specs = new Set(layoutsOf(views).map(canonicalText));
  const ids = views.map(({ datasetId }) => datasetId);
  const newest = await newestSnapshots(kitchen, collaborationId, ids);
  return group.every(({ spec, snapshots }) => {
    const isOfContents = snapshots.every((one) => newest.get(one.datasetId)?.contentId === one.contentId);
    return !specs.has(canonicalText(spec)) || !isOfContents;
  });
}
