// Evidence against a log: two checkpoints that it signed, of which neither is the beginning of the other. It needs no
// trust in whoever found it, nor in the service: two signatures, and hashes that lead from the later one to a tree of the
// earlier one's size with another root. Witnesses and auditors write the same file.

import {
  encodeBase64,
  type KeyHistory,
  keyHistoryJson,
  malformed,
  newKeyHistory,
  parseCheckpoint,
  parseProofFile,
  readBytes,
  readFields,
  readHashes,
  readKeyHistory,
  readList,
  readString,
  verifyCheckpointByHistory,
  verifyKeyHistory,
} from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { CompactRange, consistencyRuns, isSameHash, leafHash, verifyConsistency } from '../merkle/index.ts';

/** The version of the file's shape. */
const EVIDENCE_VERSION = 1;

/** Two trees that cannot both be the log's. */
export interface SplitView {
  /** Signed notes, the smaller tree first. */
  readonly notes: readonly [string, string];
  /** The root that the later tree has at the size of the earlier one; the later root itself where the sizes are equal. */
  readonly otherRoot: Uint8Array;
  /** That it is the later tree's: a consistency proof of RFC 6962; empty where the sizes are equal. */
  readonly consistencyProof: readonly Uint8Array[];
  /** How the log's keys followed each other, where the two notes are signed by different ones. */
  readonly keys: KeyHistory | null;
}

/** What the evidence shows: at this size the log signed two roots, in lower-case hexadecimal. */
export interface ShownSplit {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHashes: readonly [string, string];
}

/**
 * Makes the evidence from two notes and the leaves of the later tree; no leaf is read when the sizes are equal.
 *
 * @throws {LogVerificationError} `TREE_SIZE_MISMATCH` when the leaves are too few
 */
export async function makeSplitView(
  notes: readonly [string, string],
  leaves: AsyncIterable<Uint8Array>,
  keys: KeyHistory | null = null,
): Promise<SplitView> {
  const [first, second] = notes.toSorted((a, b) => sizeOf(a) - sizeOf(b)) as [string, string];
  const [earlier, later] = [parseCheckpoint(first), parseCheckpoint(second)];
  if (earlier.treeSize === later.treeSize) {
    return { notes: [first, second], otherRoot: later.rootHash, consistencyProof: [], keys };
  }
  const beginning = { range: { start: 0, end: earlier.treeSize }, tree: new CompactRange() };
  const runs = consistencyRuns(earlier.treeSize, later.treeSize);
  const parts = runs.map((range) => ({ range, tree: new CompactRange() }));
  let leafIndex = 0;
  for await (const leaf of leaves) {
    const hash = leafHash(leaf);
    for (const { range, tree } of [beginning, ...parts]) {
      if (range.start <= leafIndex && leafIndex < range.end) tree.append(hash);
    }
    leafIndex += 1;
    if (leafIndex === later.treeSize) break;
  }
  if (leafIndex < later.treeSize) {
    throw new LogVerificationError('TREE_SIZE_MISMATCH', 'log shows fewer leaves than it signed', leafIndex);
  }
  const consistencyProof = parts.map(({ tree }) => tree.root());
  return { notes: [first, second], otherRoot: beginning.tree.root(), consistencyProof, keys };
}

/**
 * Checks evidence with nothing but a key of the log that the reader trusts.
 *
 * @throws {LogVerificationError} `EVIDENCE_INCONCLUSIVE` when both trees may be of one log, or what is wrong with a note,
 *   a key or the proof
 */
export function verifySplitView(evidence: SplitView, verifierKey: string): ShownSplit {
  const history = verifyKeyHistory(evidence.keys ?? newKeyHistory(verifierKey), verifierKey);
  const [first, second] = evidence.notes.map((note) => verifyCheckpointByHistory(note, history));
  if (first === undefined || second === undefined) throw inconclusive();
  const { otherRoot, consistencyProof } = evidence;
  verifyConsistency({
    firstSize: first.treeSize,
    firstRoot: otherRoot,
    secondSize: second.treeSize,
    secondRoot: second.rootHash,
    proof: consistencyProof,
  });
  if (isSameHash(first.rootHash, otherRoot)) throw inconclusive();
  const rootHashes = [first.rootHash, otherRoot].map((root) => Buffer.from(root).toString('hex'));
  return { origin: first.origin, treeSize: first.treeSize, rootHashes: rootHashes as [string, string] };
}

/** Writes the file. */
export function formatSplitView({ notes, otherRoot, consistencyProof, keys }: SplitView): string {
  const document = {
    version: EVIDENCE_VERSION,
    kind: 'split-view',
    checkpoints: notes,
    otherRoot: encodeBase64(otherRoot),
    consistencyProof: consistencyProof.map(encodeBase64),
    keys: keys === null ? null : keyHistoryJson(keys),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Reads the file, and believes nothing of it. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function parseSplitView(text: string): SplitView {
  const names = ['version', 'kind', 'checkpoints', 'otherRoot', 'consistencyProof', 'keys'] as const;
  const fields = readFields(parseProofFile(text, 'evidence'), 'evidence', names);
  if (fields.version !== EVIDENCE_VERSION || fields.kind !== 'split-view') {
    throw malformed('evidence', 'is of no known kind and version');
  }
  const notes = readList(fields.checkpoints, 'evidence.checkpoints', { maxCount: 2, read: readString });
  const [first, second] = notes;
  if (first === undefined || second === undefined) throw malformed('evidence.checkpoints', 'does not have two');
  return {
    notes: [first, second],
    otherRoot: readBytes(fields.otherRoot, 'evidence.otherRoot'),
    consistencyProof: readHashes(fields.consistencyProof, 'evidence.consistencyProof'),
    keys: fields.keys === null ? null : readKeyHistory(fields.keys, 'evidence.keys'),
  };
}

function sizeOf(note: string): number {
  return parseCheckpoint(note).treeSize;
}

function inconclusive(): LogVerificationError {
  return new LogVerificationError('EVIDENCE_INCONCLUSIVE', 'both checkpoints may be of one and the same log');
}
