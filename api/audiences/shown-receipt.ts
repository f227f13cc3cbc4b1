import { createHmac } from 'node:crypto';
import type { Kitchen } from '../kitchen/index.ts';

/** What a receipt looks like that names a record and has no room for words. */
const RECEIPT = /^[A-Za-z0-9-]{1,64}$/;
const DIGEST_CHARS = 32;

/**
 * What the requester and the log see of a receipt: itself when it is a short name, else a keyed digest of it.
 *
 * A destination knows the members. Free text of its own would reach the requester past every rule; the digest is keyed,
 * so that a text which could be guessed (a number of members) cannot be confirmed.
 */
export function shownReceipt({ vault }: Pick<Kitchen, 'vault'>, receipt: string): string {
  if (RECEIPT.test(receipt)) return receipt;
  const digest = createHmac('sha256', vault.deriveKey('destination-receipts')).update(receipt).digest('hex');
  return `digest-${digest.slice(0, DIGEST_CHARS)}`;
}
