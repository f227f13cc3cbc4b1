import { hasControl, trimWhite } from './trim.ts';

/** Longer than any membership number or identifier of a system in use, in UTF-8. */
const MAX_MEMBER_ID_BYTES = 256;

/**
 * Brings a member id, or an identifier of a kind of their own that members agree on, to its one form: trimmed, otherwise
 * as the systems that gave it write it, case and leading zeros included; null when nothing is left.
 */
export function normaliseMemberId(text: string): string | null {
  const id = trimWhite(text);
  return id === '' || Buffer.byteLength(id) > MAX_MEMBER_ID_BYTES || hasControl(id) ? null : id;
}
