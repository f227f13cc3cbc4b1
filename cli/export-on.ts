import { audit } from '../proto/index.ts';
import type { GalleyClient } from './client/index.ts';
import { type ExportedLog, type ExportOrder, type ExportWatch, exportLog } from './export-log.ts';
import { readExportState, writeExportState } from './export-state.ts';

/** One of a row of exports: what it wrote, or where the log ends when there was nothing new. */
export type ExportedOn = ExportedLog | { readonly path: null; readonly untilIndex: number };

/**
 * Goes on with a row of exports: each begins where the one before ended, over a log that is shown to have only grown since.
 *
 * @param statePath the file by which the row remembers; made when there is none
 */
export async function exportOn(
  client: GalleyClient,
  order: ExportOrder,
  statePath: string,
  watch: ExportWatch,
): Promise<ExportedOn> {
  // Loaded here and now: no other command needs the verifier.
  const { checkExtension } = await import('./auditor/check-extension.ts');
  const filter = audit.EntryFilter.toJSON(audit.EntryFilter.fromPartial(order.filter));
  const of = JSON.stringify([audit.exportFormatToJSON(order.format), filter]);
  const state = await readExportState(statePath, { of, nextIndex: order.fromIndex });
  const tree = await checkExtension(client, state.tree ?? undefined);
  const { nextIndex: fromIndex } = state;
  const untilIndex = Math.min(tree.treeSize, order.untilIndex ?? tree.treeSize);
  if (untilIndex <= fromIndex) {
    await writeExportState(statePath, { ...state, tree });
    return { path: null, untilIndex: fromIndex };
  }
  const onWritten = async (written: ExportedLog): Promise<void> => {
    const pending = { path: written.path, sha256: written.sha256, untilIndex: written.untilIndex, tree };
    await writeExportState(statePath, { ...state, pending });
    await watch.onWritten?.(written);
  };
  const exported = await exportLog(client, { ...order, fromIndex, untilIndex }, { ...watch, onWritten });
  await writeExportState(statePath, { of, nextIndex: exported.untilIndex, tree, pending: null });
  return exported;
}
