import { cosignedAt, formatNote, parseNote, parseWitnessKey } from '../checkpoint/index.ts';
import { MAX_REQUEST_BYTES } from './add-checkpoint.ts';

/** Longest answer of a witness that is read: lines of signatures alone are shorter than a note may be. */
export const MAX_ADD_ANSWER_BYTES = MAX_REQUEST_BYTES;

/** A checkpoint with the lines that a witness answered. @throws {LogVerificationError} `NOTE_MALFORMED` */
export function addCosignature(note: string, answer: string): string {
  const { text } = parseNote(note);
  const together = parseNote(`${note}${answer}`);
  // An answer with an empty line in it would turn signatures into text.
  return together.text === text ? formatNote(together) : note;
}

/** When a witness cosigned, in seconds since 1970; undefined when it did not. */
export function cosignatureIn(note: string, verifierKey: string): number | undefined {
  return cosignedAt(parseNote(note), parseWitnessKey(verifierKey));
}

/** One checkpoint with the lines of all its copies, each once. */
export function mergeCosignatures(note: string, copies: readonly string[]): string {
  const { text, signatures } = parseNote(note);
  const lines = new Map<string, (typeof signatures)[number]>();
  for (const line of [...signatures, ...copies.flatMap((copy) => parseNote(copy).signatures)]) {
    const key = `${line.name} ${Buffer.from(line.keyId).toString('hex')}`;
    if (!lines.has(key)) lines.set(key, line);
  }
  return formatNote({ text, signatures: [...lines.values()] });
}
