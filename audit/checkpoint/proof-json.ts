import { LogVerificationError } from '../log-verification-error.ts';
import { decodeBase64 } from './base64.ts';

/** Most hashes of one proof: a tree of 2^53 leaves has paths of 53, and a consistency proof adds a few. */
const MAX_PROOF_HASHES_COUNT = 64;

/** A JSON object whose fields are known to be there, and no others. */
export type ProofFields<Name extends string> = { readonly [Field in Name]: unknown };

/**
 * Parses a file of proofs as JSON.
 *
 * @throws {LogVerificationError} `PROOF_FILE_MALFORMED`
 */
export function parseProofFile(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the file.
    throw malformed(place, 'is not JSON');
  }
}

/**
 * Reads an object with exactly these fields: what no verifier looks at has no place in evidence.
 *
 * @throws {LogVerificationError} `PROOF_FILE_MALFORMED`
 */
export function readFields<Name extends string>(
  value: unknown,
  place: string,
  names: readonly Name[],
): ProofFields<Name> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(place, 'is not an object');
  const found = Object.keys(value);
  if (found.length !== names.length || !names.every((name) => Object.hasOwn(value, name))) {
    throw malformed(place, `does not have exactly the fields \`${names.join('`, `')}\``);
  }
  return value as ProofFields<Name>;
}

/** Reads a list of at most so many items. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readList<Item>(
  value: unknown,
  place: string,
  { maxCount, read }: { readonly maxCount: number; readonly read: (item: unknown, place: string) => Item },
): readonly Item[] {
  if (!Array.isArray(value) || value.length > maxCount) throw malformed(place, `is not a list of at most ${maxCount}`);
  return value.map((item: unknown, index) => read(item, `${place}[${index}]`));
}

/** Reads a text. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readString(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  throw malformed(place, 'is not a text');
}

/** Reads a place or a size in a log. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readIndex(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(place, 'is not a whole number from 0');
}

/** Reads bytes in base64. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readBytes(value: unknown, place: string): Uint8Array {
  const bytes = decodeBase64(readString(value, place));
  if (bytes !== undefined) return bytes;
  throw malformed(place, 'is not base64');
}

/** Reads the hashes of a proof. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readHashes(value: unknown, place: string): readonly Uint8Array[] {
  return readList(value, place, { maxCount: MAX_PROOF_HASHES_COUNT, read: readBytes });
}

/** The fault of a file of proofs that is not of its form. */
export function malformed(place: string, what: string): LogVerificationError {
  return new LogVerificationError('PROOF_FILE_MALFORMED', `\`${place}\` ${what}`);
}
