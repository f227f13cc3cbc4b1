// A receipt is kept in the transaction that ends what it is of: whatever crashes, what has left has its receipt, and what
// has none has not left. Its words are drawn up before, so that the log's entry has their digest.
import type { AppendedEntry, ReceiptStatement } from '../../audit/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database, ReceiptsTable } from '../store/index.ts';

/** What a receipt is of. */
export interface ReceiptSubject {
  readonly kind: 'question' | 'activation';
  readonly id: string;
  readonly collaborationId: string;
  readonly statement: ReceiptStatement;
}

/** Signs a receipt of an entry that is in the log, to be kept with `keepReceipt`. */
export async function signReceipt(
  kitchen: Kitchen,
  { kind, id, collaborationId, statement }: ReceiptSubject,
  { leafIndex, leafHash, treeSize }: AppendedEntry,
): Promise<ReceiptsTable> {
  const madeAtMs = kitchen.nowMs();
  const jws = await kitchen.receiptKey.sign({
    iss: kitchen.config.log.origin,
    sub: `${kind}/${id}`,
    iat: Math.floor(madeAtMs / 1_000),
    statement,
    log: { leafIndex, leafHash: Buffer.from(leafHash).toString('hex'), treeSize },
  });
  return { subject_id: id, collaboration_id: collaborationId, leaf_index: leafIndex, jws, made_at_ms: madeAtMs };
}

/** Keeps a signed receipt, in the transaction that ends what it is of. */
export async function keepReceipt(db: Database, receipt: ReceiptsTable): Promise<void> {
  await db.insertInto('receipts').values(receipt).execute();
}

/** The receipt of a question or an activation; undefined when there is none. */
export async function findReceipt({ store }: Kitchen, subjectId: string): Promise<ReceiptsTable | undefined> {
  return await store.db.selectFrom('receipts').selectAll().where('subject_id', '=', subjectId).executeTakeFirst();
}
