// The normal forms again, over bytes: most identifiers are ASCII, and a text of the language for each of a hundred million
// cells costs more than all that is done with it. What these do not decide is decided by the rules themselves, and a test
// holds both to the same answers.

/** What a fast form says of a value that it leaves to the rules. */
export const UNDECIDED = -2;

/** What it says of one that is unusable, and of one that is nothing but white space. */
const UNUSABLE = -1;

const FIRST_TEXT = 0x21;
const LAST_TEXT = 0x7e;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;
const AT = 0x40;
const DOT = 0x2e;
const PLUS = 0x2b;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const CASE_BIT = 0x20;
const GMAIL = Buffer.from('gmail.com');

const MAX_EMAIL_BYTES = 254;
const MAX_MEMBER_ID_BYTES = 256;
const MIN_CARD_DIGITS = 12;
const MAX_CARD_DIGITS = 19;
const MAX_CARD_BYTES = 64;

/**
 * Writes the normal form of the bytes from `start` to before `end` into `form` and gives its length, or
 * {@link UNUSABLE}, or {@link UNDECIDED}; white space at both ends is already off.
 */
export type AsciiForm = (bytes: Uint8Array, start: number, end: number, form: Uint8Array) => number;

/** Tells whether a byte is white space that is taken off the ends of a value. */
export function isWhite(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= RETURN);
}

/** The form of an e-mail address. */
export function asciiEmail(bytes: Uint8Array, start: number, end: number, form: Uint8Array): number {
  if (end - start > MAX_EMAIL_BYTES) return UNDECIDED;
  let at = -1;
  let length = 0;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    if (byte < FIRST_TEXT || byte > LAST_TEXT) return UNDECIDED;
    if (byte === AT) {
      if (at >= 0) return UNUSABLE;
      at = length;
    }
    form[length] = byte >= UPPER_A && byte <= UPPER_Z ? byte | CASE_BIT : byte;
    length += 1;
  }
  if (at <= 0 || !isDomain(form, at + 1, length)) return UNUSABLE;
  return isGmail(form, at + 1, length) ? withoutTags(form, at, length) : length;
}

// Names of at least one character, two of them or more.
function isDomain(form: Uint8Array, start: number, end: number): boolean {
  let nameCount = 0;
  let nameStart = start;
  for (let index = start; index <= end; index += 1) {
    if (index < end && form[index] !== DOT) continue;
    if (index === nameStart) return false;
    nameCount += 1;
    nameStart = index + 1;
  }
  return nameCount >= 2;
}

function isGmail(form: Uint8Array, start: number, end: number): boolean {
  if (end - start !== GMAIL.byteLength) return false;
  for (let index = 0; index < GMAIL.byteLength; index += 1) if (form[start + index] !== GMAIL[index]) return false;
  return true;
}

function withoutTags(form: Uint8Array, at: number, end: number): number {
  let length = 0;
  for (let index = 0; index < at && form[index] !== PLUS; index += 1) {
    if (form[index] === DOT) continue;
    form[length] = form[index] as number;
    length += 1;
  }
  if (length === 0) return UNUSABLE;
  form.copyWithin(length, at, end);
  return length + end - at;
}

/** The form of a member id, or of an identifier of a kind of its own. */
export function asciiMemberId(bytes: Uint8Array, start: number, end: number, form: Uint8Array): number {
  if (end - start > MAX_MEMBER_ID_BYTES) return UNDECIDED;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    if (byte < SPACE || byte > LAST_TEXT) return UNDECIDED;
    form[index - start] = byte;
  }
  return end - start;
}

/** The form of the number of a card. */
export function asciiCardNumber(bytes: Uint8Array, start: number, end: number, form: Uint8Array): number {
  if (end - start > MAX_CARD_BYTES) return UNDECIDED;
  let length = 0;
  let sum = 0;
  let isZero = true;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    if (byte === SPACE || byte === HYPHEN) continue;
    if (byte < ZERO || byte > NINE) return UNDECIDED;
    isZero &&= byte === ZERO;
    form[length] = byte;
    length += 1;
  }
  if (length < MIN_CARD_DIGITS || length > MAX_CARD_DIGITS || isZero) return UNUSABLE;
  for (let index = 0; index < length; index += 1) {
    const digit = (form[length - 1 - index] as number) - ZERO;
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > NINE - ZERO ? doubled - (NINE - ZERO) : doubled;
  }
  return sum % 10 === 0 ? length : UNUSABLE;
}
