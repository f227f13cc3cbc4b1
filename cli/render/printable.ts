/**
 * Takes control characters out of a text that somebody else wrote.
 *
 * A member could name an audience with an escape sequence and so rewrite what an auditor sees on the terminal.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\u{fffd}');
}
