import { LogVerificationError } from '../log-verification-error.ts';
import { HASH_BYTES } from '../merkle/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { assertSignedBy, parseNote } from './note.ts';
import { parseVerifierKey } from './verifier-key.ts';

/** What a log commits to when it signs: whose tree, how many leaves, which root. */
export interface Checkpoint {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
}

/** Writes the text that is signed: origin, size, root, a line each (https://c2sp.org/tlog-checkpoint). */
export function formatCheckpoint({ origin, treeSize, rootHash }: Checkpoint): string {
  return `${origin}\n${treeSize}\n${encodeBase64(rootHash)}\n`;
}

/**
 * Reads a checkpoint WITHOUT verifying who signed it: for display and for finding the size, never for trust.
 *
 * @throws {LogVerificationError} `NOTE_MALFORMED` or `CHECKPOINT_MALFORMED`
 */
export function parseCheckpoint(note: string): Checkpoint {
  return parseText(parseNote(note).text);
}

/**
 * Reads a checkpoint that the trusted key signed for its own log.
 *
 * @throws {LogVerificationError} `VERIFIER_KEY_MALFORMED`, `NOTE_MALFORMED`, `SIGNATURE_MISSING`, `SIGNATURE_WRONG`,
 *   `CHECKPOINT_MALFORMED`, `ORIGIN_MISMATCH`
 */
export function verifyCheckpoint(note: string, verifierKey: string): Checkpoint {
  const key = parseVerifierKey(verifierKey);
  const parsed = parseNote(note);
  assertSignedBy(parsed, key);
  const checkpoint = parseText(parsed.text);
  // One key may sign for one log only: else the operator could show a second, tidier log under the same signature.
  if (checkpoint.origin !== key.name) {
    throw new LogVerificationError('ORIGIN_MISMATCH', 'checkpoint is of another log than the key signs for');
  }
  return checkpoint;
}

function parseText(text: string): Checkpoint {
  // Extension lines may follow the root; the format lets readers pass over them, but not over an empty one.
  const lines = text.slice(0, -1).split('\n');
  const [origin, size, root] = lines;
  if (!origin || size === undefined || root === undefined || lines.includes('')) throw malformed();
  const treeSize = Number(size);
  const rootHash = decodeBase64(root);
  if (!/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(treeSize)) throw malformed();
  if (rootHash?.byteLength !== HASH_BYTES) throw malformed();
  return { origin, treeSize, rootHash };
}

function malformed(): LogVerificationError {
  return new LogVerificationError(
    'CHECKPOINT_MALFORMED',
    'checkpoint does not have an origin, a tree size and a root hash',
  );
}
