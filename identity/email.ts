import { lowerAscii, trimWhite } from './trim.ts';

/** The longest address of RFC 5321 (4.5.3.1.3), in UTF-8. */
const MAX_EMAIL_BYTES = 254;

const ADDRESS = /^[^\s\p{Cc}@]+@[^\s\p{Cc}@.]+(?:\.[^\s\p{Cc}@.]+)+$/u;
const GMAIL = 'gmail.com';

/**
 * Brings an e-mail address to its one form, or gives null when it is none.
 *
 * Shape: trimmed, its ASCII letters small; at gmail.com alone also without dots and without what follows a plus sign,
 * which all reach the same person there. At googlemail.com both are kept, as the source has it.
 * Source: UID2 documentation, "Normalization and Encoding", "Email Address Normalization"
 * (https://unifiedid.com/docs/getting-started/gs-normalization-encoding).
 */
export function normaliseEmail(text: string): string | null {
  const address = lowerAscii(trimWhite(text));
  if (Buffer.byteLength(address) > MAX_EMAIL_BYTES || !ADDRESS.test(address)) return null;
  const at = address.lastIndexOf('@');
  if (address.slice(at + 1) !== GMAIL) return address;
  const [mailbox = ''] = address.slice(0, at).split('+');
  const local = mailbox.replaceAll('.', '');
  return local === '' ? null : `${local}@${GMAIL}`;
}
