import {
  formatSplitView,
  type KeyHistory,
  LogForked,
  leafHash,
  makeSplitView,
  parseCheckpoint,
  parseKeyHistory,
  parseReceiptBundle,
  type VerifiedLog,
  verifyLog,
  verifyReceipt,
  type Witnesses,
} from '../../audit/index.ts';
import type { LogSource } from './log-source.ts';

/** What the auditor brings from outside. */
export interface AuditorKnowledge {
  /** A key of the log; without it the one that is named with the log is believed. */
  readonly verifierKey?: string | undefined;
  readonly seenCheckpoints: readonly string[];
  readonly witnesses?: Witnesses | undefined;
  /** Receipts, each as the text of its file, by the file's name. */
  readonly receipts?: ReadonlyMap<string, string> | undefined;
  /** Where evidence of a split view goes. */
  readonly keepEvidence?: ((text: string) => void) | undefined;
  readonly onProgress?: ((treeSize: number) => void) | undefined;
}

/** A verified log, the checkpoint to be kept for the next visit, and the key it was verified with. */
export interface VerifiedAudit extends VerifiedLog {
  readonly checkpoint: string;
  readonly verifierKey: string;
  readonly receiptCount: number;
}

/** Codes of a copy whose leaves are not those that were signed: there may be more to say of the place. */
const ALTERED: ReadonlySet<unknown> = new Set(['ROOT_HASH_MISMATCH', 'TREE_SIZE_MISMATCH', 'TILE_MISSING']);

/**
 * Reads every leaf and the newest checkpoint, and verifies them here, believing nothing that whoever shows them computed.
 *
 * @throws {Error} with the code of the first broken promise, and its place
 */
export async function verifySource(source: LogSource, known: AuditorKnowledge): Promise<VerifiedAudit> {
  const keys = source.keys === undefined ? undefined : parseKeyHistory(source.keys);
  const verifierKey = known.verifierKey ?? source.namedKey ?? keys?.firstKey;
  if (verifierKey === undefined) throw new Error('no key of the log is known; name one with `--verifier-key`');
  const claims = await claimsOf(known.receipts ?? new Map(), verifierKey);
  const { treeSize } = parseCheckpoint(source.checkpoint);
  try {
    const verified = await verifyLog({
      leaves: source.leaves(treeSize),
      checkpoint: source.checkpoint,
      verifierKey,
      seenCheckpoints: [...new Set([...known.seenCheckpoints, ...source.seen, ...claims.checkpoints])],
      claimedLeaves: claims.leaves,
      ...(keys === undefined ? {} : { keys }),
      ...(known.witnesses === undefined ? {} : { witnesses: known.witnesses }),
      ...(known.onProgress === undefined ? {} : { onProgress: known.onProgress }),
    });
    return { ...verified, checkpoint: source.checkpoint, verifierKey, receiptCount: known.receipts?.size ?? 0 };
  } catch (error) {
    if (error instanceof LogForked) await accuse(error, source, keys, known);
    if (ALTERED.has(codeOf(error))) throw (await source.explain()) ?? error;
    throw error;
  }
}

interface Claims {
  readonly leaves: ReadonlyMap<number, Uint8Array>;
  readonly checkpoints: readonly string[];
}

/** What receipts say of the log: each names an entry, entries of keys, and a tree that the log must go on from. */
async function claimsOf(receipts: ReadonlyMap<string, string>, verifierKey: string): Promise<Claims> {
  const leaves = new Map<number, Uint8Array>();
  const checkpoints: string[] = [];
  for (const [name, text] of receipts) {
    await verifyReceipt(text, { verifierKey }).catch((error: unknown) => {
      if (error instanceof Error) error.message = `receipt \`${name}\`: ${error.message}`;
      throw error;
    });
    const { entry, receiptKeys, checkpoint } = parseReceiptBundle(text);
    for (const { leafIndex, leaf } of [entry, ...receiptKeys]) leaves.set(leafIndex, leafHash(leaf));
    checkpoints.push(checkpoint);
  }
  return { leaves, checkpoints };
}

async function accuse(
  { notes }: LogForked,
  source: LogSource,
  keys: KeyHistory | undefined,
  { keepEvidence }: AuditorKnowledge,
): Promise<void> {
  if (keepEvidence === undefined) return;
  const later = Math.max(...notes.map((note) => parseCheckpoint(note).treeSize));
  keepEvidence(formatSplitView(await makeSplitView(notes, source.leaves(later), keys ?? null)));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
