/** Longer than any membership number, card number or UUID in use. */
const MAX_MEMBER_ID_LENGTH_CHARS = 256;

/**
 * Brings a member id to its one form: trimmed, otherwise as the member's own systems write it; null when nothing is
 * left.
 */
export function normaliseMemberId(text: string): string | null {
  const id = text.trim();
  return id === '' || id.length > MAX_MEMBER_ID_LENGTH_CHARS ? null : id;
}
