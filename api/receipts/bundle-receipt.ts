import { formatReceiptBundle, type ProvenLeaf, parseCheckpoint, type ReceiptSalts } from '../../audit/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { ReceiptsTable } from '../store/index.ts';

/** Writes a receipt with all that verifies it offline, as the log stands now. */
export async function bundleReceipt(
  kitchen: Kitchen,
  { jws, leaf_index }: ReceiptsTable,
  salts: ReceiptSalts,
): Promise<string> {
  const { log, logKeys, store } = kitchen;
  const announced = await store.db.selectFrom('receipt_keys').selectAll().orderBy('leaf_index').execute();
  const checkpoint = await log.checkpoint();
  const { treeSize } = parseCheckpoint(checkpoint);
  const consistencyProofs: (readonly Uint8Array[])[] = [];
  for (const { note } of logKeys.handovers) {
    consistencyProofs.push(await log.consistencyProof(parseCheckpoint(note).treeSize, treeSize));
  }
  const receiptKeys: ProvenLeaf[] = [];
  for (const row of announced) receiptKeys.push(await prove(kitchen, row.leaf_index, treeSize));
  const entry = await prove(kitchen, leaf_index, treeSize);
  return formatReceiptBundle({ receipt: jws, entry, checkpoint, receiptKeys, logKeys, consistencyProofs, salts });
}

async function prove({ log }: Kitchen, leafIndex: number, treeSize: number): Promise<ProvenLeaf> {
  for await (const { leaf } of log.read(leafIndex, 1)) {
    return { leafIndex, leaf, inclusionProof: await log.inclusionProof(leafIndex, treeSize) };
  }
  throw new Error(`the log has no entry ${leafIndex}`);
}
