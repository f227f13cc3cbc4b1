// The C2SP signed note (https://c2sp.org/signed-note): a text, a blank line, and signature lines. It is text that any
// language's note library verifies, and it takes more signatures (witnesses) without changing what is signed.

import { LogVerificationError } from '../log-verification-error.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { isKeyName, isSignedBy, KEY_ID_BYTES, type VerifierKey } from './verifier-key.ts';

/**
 * Largest note: room for more than 16 post-quantum signatures of 5 kB, which the format asks every reader to accept.
 */
export const MAX_NOTE_BYTES = 131_072;

/** Most signatures read in one note, so that a hostile note cannot make a verifier work without end. */
export const MAX_NOTE_SIGNATURES_COUNT = 100;

/** One signature line: who claims to have signed, and the bytes. Nothing is verified yet. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A note taken apart; `text` ends in a newline and is what the signatures cover. */
export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Writes a note from its text (which must end in a newline) and signatures. */
export function formatNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    return `— ${name} ${encodeBase64(Buffer.concat([keyId, signature]))}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Takes a note apart without trusting it.
 *
 * @throws {LogVerificationError} `NOTE_MALFORMED`
 */
export function parseNote(note: string): SignedNote {
  if (Buffer.byteLength(note, 'utf8') > MAX_NOTE_BYTES) throw malformed('is too large');
  if (!note.isWellFormed() || hasControlCharacter(note)) throw malformed('holds a character the format forbids');
  const blankLine = note.lastIndexOf('\n\n');
  if (blankLine < 0 || !note.endsWith('\n')) throw malformed('has no signatures');
  const lines = note
    .slice(blankLine + 2)
    .split('\n')
    .slice(0, -1);
  if (lines.length === 0) throw malformed('has no signatures');
  if (lines.length > MAX_NOTE_SIGNATURES_COUNT) throw malformed('has too many signatures');
  return { text: note.slice(0, blankLine + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Checks that the trusted key signed the note's text. Lines by other keys are passed over, as the format demands.
 *
 * @throws {LogVerificationError} `SIGNATURE_MISSING` when the key did not sign, `SIGNATURE_WRONG` when a line only says
 * so
 */
export function assertSignedBy(note: SignedNote, key: VerifierKey): void {
  const own = note.signatures.filter(({ name, keyId }) => name === key.name && Buffer.compare(keyId, key.keyId) === 0);
  if (own.length === 0) throw new LogVerificationError('SIGNATURE_MISSING', 'note is not signed by the trusted key');
  const message = Buffer.from(note.text, 'utf8');
  if (!own.every(({ signature }) => isSignedBy(key, message, signature))) {
    throw new LogVerificationError('SIGNATURE_WRONG', 'note carries a signature that the trusted key did not make');
  }
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (name === undefined || bytes === undefined || !isKeyName(name) || bytes.byteLength <= KEY_ID_BYTES) {
    throw malformed('has a signature line out of form');
  }
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

function hasControlCharacter(note: string): boolean {
  for (let index = 0; index < note.length; index += 1) {
    const unit = note.charCodeAt(index);
    if (unit < 0x20 && unit !== 0x0a) return true;
  }
  return false;
}

function malformed(what: string): LogVerificationError {
  return new LogVerificationError('NOTE_MALFORMED', `signed note ${what}`);
}
