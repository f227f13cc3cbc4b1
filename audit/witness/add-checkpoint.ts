// The body of `POST <prefix>/add-checkpoint` (https://c2sp.org/tlog-witness), written by a log and read by a witness.

import { decodeBase64, encodeBase64 } from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { HASH_BYTES } from '../merkle/index.ts';

/** Most hashes of a proof that the protocol lets anybody send. */
const MAX_PROOF_HASHES_COUNT = 63;

/** Largest body that is read: the largest note there is, and 63 hashes. */
export const MAX_REQUEST_BYTES = 160_000;

/** A checkpoint, and that it goes on from the tree of an earlier size. */
export interface AddCheckpointRequest {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly note: string;
}

/** Writes a request. */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpointRequest): string {
  return `${[`old ${oldSize}`, ...proof.map(encodeBase64)].join('\n')}\n\n${note}`;
}

/** Reads a request; the note in it is not looked at. @throws {LogVerificationError} `REQUEST_MALFORMED` */
export function parseAddCheckpoint(body: string): AddCheckpointRequest {
  const end = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(0, end)).split('\n');
  const [, size] = /^old (0|[1-9][0-9]*)$/.exec(first) ?? [];
  const oldSize = Number(size);
  const proof = lines.map(decodeBase64);
  if (size === undefined || !Number.isSafeInteger(oldSize)) throw malformed('does not begin with an old size');
  if (proof.length > MAX_PROOF_HASHES_COUNT) throw malformed('has too long a proof');
  if (!proof.every(isHash)) throw malformed('has a line in its proof that is no hash');
  return { oldSize, proof, note: body.slice(end + 2) };
}

function isHash(bytes: Uint8Array | undefined): bytes is Uint8Array {
  return bytes?.byteLength === HASH_BYTES;
}

function malformed(what: string): LogVerificationError {
  return new LogVerificationError('REQUEST_MALFORMED', `request to add a checkpoint ${what}`);
}
