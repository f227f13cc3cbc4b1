// What is taken off the ends of an identifier is written out here, and not left to a language: their ideas of white space
// differ in a dozen characters, and with them the digests.
const LEADING = /^[\t-\r \u00a0\u3000\ufeff]+/;
const WHITE = new Set('\t\n\v\f\r \u00a0\u3000\ufeff');

/** Takes white space off both ends: tab to carriage return, space, no-break and ideographic space, byte order mark. */
export function trimWhite(text: string): string {
  let end = text.length;
  // Not by a pattern: one for the end of a text is tried from each of its white characters.
  while (WHITE.has(text[end - 1] as string)) end -= 1;
  return text.slice(0, end).replace(LEADING, '');
}

/** Writes A to Z small and leaves every other character as it is. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** A character that no identifier has, and that what reads it later may take for its end. */
const CONTROL = /\p{Cc}/u;

/** Tells whether there is a control character in a text. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}
