// A log outlives its keys. Each change of the key is announced by an entry, and a checkpoint over a tree with that entry
// is signed by the old key and the new: whoever trusts one key of the log can so follow it to all the others, offline.

import { LogVerificationError } from '../log-verification-error.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { malformed, parseProofFile, readFields, readList, readString } from './proof-json.ts';
import { type ProvenLeaf, provenLeafJson, readProvenLeaf, verifyProvenLeaf } from './proven-leaf.ts';
import { parseVerifierKey } from './verifier-key.ts';

/** The version of the file's shape. */
const KEY_HISTORY_VERSION = 1;

/** Most changes of key in one history: one a week for a century. */
const MAX_HANDOVERS_COUNT = 5_200;

/** One change of key: a checkpoint that both keys signed, and the entry that announces the new one, proved in its tree. */
export interface Handover extends ProvenLeaf {
  readonly note: string;
}

/** All keys that ever signed for a log, as the file `log/keys` tells it; nothing of it is verified. */
export interface KeyHistory {
  readonly firstKey: string;
  /** Oldest first. */
  readonly handovers: readonly Handover[];
}

/** A key of the log, and the sizes of the trees it may sign. */
export interface KeyPeriod {
  readonly verifierKey: string;
  /** The entry that announced it; null for the first. */
  readonly leafIndex: number | null;
  /** The tree it took over at, which the key before it signed too. */
  readonly fromSize: number;
  /** The tree it gave over at; null while it is the newest. */
  readonly untilSize: number | null;
}

/** A history that holds. */
export interface VerifiedKeyHistory {
  readonly origin: string;
  /** Oldest first. */
  readonly keys: readonly KeyPeriod[];
  /** What each handover signed, oldest first: trees that the log must go on from. */
  readonly handovers: readonly Checkpoint[];
}

/** The history of a log whose first key is its only one. */
export function newKeyHistory(firstKey: string): KeyHistory {
  return { firstKey, handovers: [] };
}

/** Writes a history as a value for JSON. */
export function keyHistoryJson({ firstKey, handovers }: KeyHistory) {
  const written = handovers.map(({ note, ...proven }) => ({ note, ...provenLeafJson(proven) }));
  return { version: KEY_HISTORY_VERSION, firstKey, handovers: written };
}

/** Writes the file `log/keys`. */
export function formatKeyHistory(history: KeyHistory): string {
  return `${JSON.stringify(keyHistoryJson(history), null, 2)}\n`;
}

/** Reads the file `log/keys`, and believes nothing of it. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function parseKeyHistory(text: string): KeyHistory {
  return readKeyHistory(parseProofFile(text, 'keys'), 'keys');
}

/** Reads a history from a value of JSON. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function readKeyHistory(value: unknown, place: string): KeyHistory {
  const fields = readFields(value, place, ['version', 'firstKey', 'handovers']);
  if (fields.version !== KEY_HISTORY_VERSION) throw malformed(`${place}.version`, 'is not known to this verifier');
  return {
    firstKey: readString(fields.firstKey, `${place}.firstKey`),
    handovers: readList(fields.handovers, `${place}.handovers`, { maxCount: MAX_HANDOVERS_COUNT, read: readHandover }),
  };
}

function readHandover(value: unknown, place: string): Handover {
  const { note, ...proven } = readFields(value, place, ['note', 'leafIndex', 'leaf', 'inclusionProof']);
  return { note: readString(note, `${place}.note`), ...readProvenLeaf(proven, place) };
}

/**
 * Verifies a history from one key that is trusted, which may be any of its keys.
 *
 * A handover binds both ways: the old key vouches for the new one, and the new one for the log in which the old one is
 * named as the one before it. A history in which the trusted key does not occur says nothing.
 *
 * @throws {LogVerificationError} `KEY_NOT_IN_HISTORY`, `HANDOVER_NOT_ANNOUNCED`, `HANDOVER_OUT_OF_ORDER`, or what is
 * wrong with a key, a note or a proof in it
 */
export function verifyKeyHistory(history: KeyHistory, trustedKey: string): VerifiedKeyHistory {
  const { name: origin } = parseVerifierKey(trustedKey);
  const keys: KeyPeriod[] = [{ verifierKey: history.firstKey, leafIndex: null, fromSize: 0, untilSize: null }];
  const handovers: Checkpoint[] = [];
  for (const handover of history.handovers) {
    const before = keys.at(-1) as KeyPeriod;
    const { verifierKey, checkpoint } = verifyHandover(handover, before);
    // A key that has gone does not come back: it would be in force for two spans, and stolen in between.
    if (keys.some((known) => known.verifierKey === verifierKey)) throw outOfOrder('was in force before', handover);
    const fromSize = checkpoint.treeSize;
    keys.splice(-1, 1, { ...before, untilSize: fromSize });
    keys.push({ verifierKey, leafIndex: handover.leafIndex, fromSize, untilSize: null });
    handovers.push(checkpoint);
  }
  if (!keys.some(({ verifierKey }) => verifierKey === trustedKey)) {
    throw new LogVerificationError('KEY_NOT_IN_HISTORY', 'the trusted key is not a key of this log');
  }
  return { origin, keys, handovers };
}

function verifyHandover(handover: Handover, before: KeyPeriod): { verifierKey: string; checkpoint: Checkpoint } {
  const { leafIndex } = handover;
  const checkpoint = verifyCheckpoint(handover.note, before.verifierKey);
  const { kind, subject } = verifyProvenLeaf(handover, checkpoint);
  const verifierKey = subject.to;
  const isAnnounced = kind === 'key-rotated' && subject.key === 'log' && subject.from === before.verifierKey;
  if (!isAnnounced || typeof verifierKey !== 'string') {
    throw new LogVerificationError(
      'HANDOVER_NOT_ANNOUNCED',
      'entry does not announce the key after this one',
      leafIndex,
    );
  }
  // Announced under the key it takes over from: an older key could else change its mind about its successor.
  if (leafIndex < before.fromSize) throw outOfOrder('is announced before the one it takes over from', handover);
  // Signed by the new key too, or whoever held the old one could name a key that nobody has.
  verifyCheckpoint(handover.note, verifierKey);
  return { verifierKey, checkpoint };
}

function outOfOrder(what: string, { leafIndex }: Handover): LogVerificationError {
  return new LogVerificationError('HANDOVER_OUT_OF_ORDER', `key ${what}`, leafIndex);
}

/**
 * Reads a checkpoint that was signed by the key in force at its size.
 *
 * A key that has been replaced signs nothing more, however well it signs: it may have been stolen since.
 *
 * @throws {LogVerificationError} `KEY_NOT_IN_FORCE` when another key of the log signed it, or as `verifyCheckpoint`
 */
export function verifyCheckpointByHistory(note: string, { keys }: VerifiedKeyHistory): Checkpoint {
  const { treeSize } = parseCheckpoint(note);
  const inForce = keys.filter(({ fromSize, untilSize }) => fromSize <= treeSize && treeSize <= (untilSize ?? treeSize));
  const missing: LogVerificationError[] = [];
  for (const { verifierKey } of inForce) {
    const checked = signedBy(note, verifierKey);
    if (!(checked instanceof LogVerificationError)) return checked;
    missing.push(checked);
  }
  if (keys.some(({ verifierKey }) => !(signedBy(note, verifierKey) instanceof LogVerificationError))) {
    throw new LogVerificationError(
      'KEY_NOT_IN_FORCE',
      'checkpoint is signed by a key that was not in force at its size',
    );
  }
  throw missing[0] ?? new LogVerificationError('SIGNATURE_MISSING', 'checkpoint is not signed by a key of this log');
}

/** The checkpoint, or that this key did not sign it. A wrong signature is thrown at once. */
function signedBy(note: string, verifierKey: string): Checkpoint | LogVerificationError {
  try {
    return verifyCheckpoint(note, verifierKey);
  } catch (error) {
    if (error instanceof LogVerificationError && error.code === 'SIGNATURE_MISSING') return error;
    throw error;
  }
}
