/** The longest address of RFC 5321 (4.5.3.1.3). */
const MAX_EMAIL_LENGTH_CHARS = 254;

const ADDRESS = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;
const GMAIL = 'gmail.com';

/**
 * Brings an e-mail address to its one form, or gives null when it is none.
 *
 * Shape: trimmed, lower case; at gmail.com also without dots and without what follows a plus sign, which all reach
 * the same person there.
 * Source: UID2 documentation, "Email Address Normalization".
 */
export function normaliseEmail(text: string): string | null {
  const address = text.trim().toLowerCase();
  if (address.length > MAX_EMAIL_LENGTH_CHARS || !ADDRESS.test(address)) return null;
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (domain !== GMAIL) return address;
  const [mailbox = ''] = address.slice(0, at).split('+');
  const local = mailbox.replaceAll('.', '');
  return local === '' ? null : `${local}@${domain}`;
}
