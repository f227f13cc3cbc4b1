import { newestReceiptKey, type ReceiptKey } from '../keys/index.ts';
import type { Cellar, Kitchen } from '../kitchen/index.ts';

/** Why a key comes into use. */
export interface Announcement {
  /** The key before it was given up because somebody else may have it. */
  readonly isCompromised: boolean;
}

/**
 * Announces a key of receipts in the log, in place of the newest one: it signs receipts of later entries, and the one
 * before it none of them. Answers the place of the entry.
 */
export async function announceReceiptKey(
  { log, store }: Pick<Cellar, 'log' | 'store'>,
  { kid, x }: ReceiptKey,
  { isCompromised }: Announcement,
): Promise<number> {
  const replaces = (await newestReceiptKey(store))?.kid ?? null;
  const at = new Date().toISOString();
  const subject = { kid, x, replaces, isCompromised };
  const { leafIndex } = await log.append({
    kind: 'receipt-key-announced',
    at,
    actor: null,
    collaboration: null,
    subject,
  });
  // A crash before this announces the key twice; what is told of it is the second time.
  await store.db
    .insertInto('receipt_keys')
    .values({ kid, x, replaces, is_compromised: isCompromised ? 1 : 0, leaf_index: leafIndex })
    .execute();
  return leafIndex;
}

/** Announces the key of a service that starts, unless it is known already. */
export async function announceOwnReceiptKey(kitchen: Kitchen): Promise<void> {
  if ((await newestReceiptKey(kitchen.store))?.kid === kitchen.receiptKey.kid) return;
  await announceReceiptKey(kitchen, kitchen.receiptKey, { isCompromised: false });
}
