// What a witness decides, without a clock, a disk or a key: from what it was sent and what it has signed before. The
// order of the questions is that of the protocol, so that a log learns the same from every witness.

import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { EMPTY_ROOT, verifyConsistency } from '../merkle/index.ts';
import type { AddCheckpointRequest } from './add-checkpoint.ts';

/** A log that a witness watches: its origin, and the keys it is known to sign with. */
export interface WatchedLog {
  readonly origin: string;
  /** Verifier keys; more than one while a log changes its key. */
  readonly verifierKeys: readonly string[];
}

/** What the witness answers. */
export type Verdict =
  /** It signs: the tree goes on from the one that it signed last. */
  | { readonly kind: 'sign'; readonly checkpoint: Checkpoint; readonly verifierKey: string }
  /** It does not know this log. */
  | { readonly kind: 'unknown-log' }
  /** No key of the log signed it, or one only says that it did. */
  | { readonly kind: 'not-signed' }
  /** The old size is not the size of the last tree it signed. */
  | { readonly kind: 'conflict'; readonly latestSize: number }
  /** It can be no request. */
  | { readonly kind: 'malformed' }
  /** The log signed this tree, and it does not go on, by this proof, from the one that was signed last. */
  | { readonly kind: 'inconsistent'; readonly checkpoint: Checkpoint };

/** Decides on a request. `latest` is the tree that was signed last for that origin; undefined when there is none. */
export function judge(
  request: AddCheckpointRequest,
  { log, latest }: { readonly log: WatchedLog | undefined; readonly latest: Checkpoint | undefined },
): Verdict {
  if (log === undefined) return { kind: 'unknown-log' };
  const signed = signedBy(request.note, log);
  if (signed === undefined) return { kind: 'not-signed' };
  const { checkpoint, verifierKey } = signed;
  if (request.oldSize > checkpoint.treeSize) return { kind: 'malformed' };
  const latestSize = latest?.treeSize ?? 0;
  if (request.oldSize !== latestSize) return { kind: 'conflict', latestSize };
  if (!goesOn(request, latest, checkpoint)) return { kind: 'inconsistent', checkpoint };
  return { kind: 'sign', checkpoint, verifierKey };
}

/** The log that a request is about; undefined when its note is no checkpoint. */
export function originOf(note: string): string | undefined {
  try {
    return parseCheckpoint(note).origin;
  } catch (error) {
    if (error instanceof LogVerificationError) return undefined;
    throw error;
  }
}

function signedBy(
  note: string,
  { verifierKeys }: WatchedLog,
): { readonly checkpoint: Checkpoint; readonly verifierKey: string } | undefined {
  let signed: { readonly checkpoint: Checkpoint; readonly verifierKey: string } | undefined;
  for (const verifierKey of verifierKeys) {
    try {
      signed ??= { checkpoint: verifyCheckpoint(note, verifierKey), verifierKey };
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      // A line that only says it is of a known key makes the whole note malformed, whoever else signed it.
      if (error.code !== 'SIGNATURE_MISSING') return undefined;
    }
  }
  return signed;
}

function goesOn(request: AddCheckpointRequest, latest: Checkpoint | undefined, next: Checkpoint): boolean {
  // Without one that was signed before there is only the empty tree, which every tree goes on from.
  const claim = {
    firstSize: request.oldSize,
    firstRoot: latest === undefined || latest.treeSize === 0 ? EMPTY_ROOT : latest.rootHash,
    secondSize: next.treeSize,
    secondRoot: next.rootHash,
    proof: request.proof,
  };
  try {
    verifyConsistency(claim);
    return true;
  } catch (error) {
    if (error instanceof LogVerificationError) return false;
    throw error;
  }
}
