import { createHmac } from 'node:crypto';
import type { Kitchen } from '../kitchen/index.ts';

/**
 * The digest by which a receipt binds the rows that counted. The service alone can compute it again: the name of a content
 * counts erasures and opt-outs of another member, and who asks could else try the numbers.
 */
export function contentDigest(kitchen: Kitchen, subjectId: string, contentId: string): string {
  const key = kitchen.vault.deriveKey('receipt-content');
  return createHmac('sha256', key)
    .update(JSON.stringify([subjectId, contentId]))
    .digest('hex');
}
