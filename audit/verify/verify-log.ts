import { type Checkpoint, verifyCheckpoint } from '../checkpoint/index.ts';
import { type Entry, EntryError, parseLeaf } from '../entry/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { CompactRange, isSameHash, leafHash } from '../merkle/index.ts';
import { EventOrder } from './event-order.ts';

/** All that an auditor brings: the leaves, what the log signed about them, the key, and what it signed before. */
export interface VerifyLogOptions {
  readonly leaves: AsyncIterable<Uint8Array>;
  readonly checkpoint: string;
  readonly verifierKey: string;
  /** Checkpoints the auditor kept from earlier visits or got from others; signed by the same key, in any order. */
  readonly seenCheckpoints?: readonly string[];
}

/** What was verified: the count of entries, the tree they make, and how many earlier checkpoints it keeps. */
export interface VerifiedLog {
  readonly entries: number;
  readonly treeSize: number;
  /** In lower-case hexadecimal. */
  readonly rootHash: string;
  readonly checkedCheckpoints: number;
}

/**
 * Verifies a whole log offline, from its leaves alone: no proof and no hash of the log's own making is believed.
 *
 * @throws {LogVerificationError} with the code of the first promise found broken
 */
export async function verifyLog(options: VerifyLogOptions): Promise<VerifiedLog> {
  const checkpoint = verifyCheckpoint(options.checkpoint, options.verifierKey);
  const seen = (options.seenCheckpoints ?? []).map((note) => verifyCheckpoint(note, options.verifierKey));
  assertNotRolledBack(checkpoint, seen);

  const roots = await rebuildRoots(options.leaves, checkpoint, seen);

  assertRootIsSigned(checkpoint, roots);
  assertSeenTreesArePrefixes(seen, roots);
  return {
    entries: checkpoint.treeSize,
    treeSize: checkpoint.treeSize,
    rootHash: Buffer.from(checkpoint.rootHash).toString('hex'),
    checkedCheckpoints: seen.length,
  };
}

/** The rebuilt tree's root at each size that some checkpoint speaks of. */
type RootsBySize = ReadonlyMap<number, Uint8Array>;

async function rebuildRoots(
  leaves: AsyncIterable<Uint8Array>,
  checkpoint: Checkpoint,
  seen: readonly Checkpoint[],
): Promise<RootsBySize> {
  const sizes = new Set([checkpoint, ...seen].map(({ treeSize }) => treeSize));
  const roots = new Map<number, Uint8Array>();
  const tree = new CompactRange();
  const order = new EventOrder();
  if (sizes.has(0)) roots.set(0, tree.root());
  for await (const leaf of leaves) {
    if (tree.size === checkpoint.treeSize) throw sizeMismatch('more');
    order.accept(entryOf(leaf, tree.size), tree.size);
    tree.append(leafHash(leaf));
    if (sizes.has(tree.size)) roots.set(tree.size, tree.root());
  }
  if (tree.size < checkpoint.treeSize) throw sizeMismatch('fewer');
  return roots;
}

function entryOf(leaf: Uint8Array, leafIndex: number): Entry {
  try {
    return parseLeaf(leaf);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new LogVerificationError(error.code, error.message, leafIndex);
  }
}

function assertNotRolledBack(checkpoint: Checkpoint, seen: readonly Checkpoint[]): void {
  if (seen.some(({ treeSize }) => treeSize > checkpoint.treeSize)) {
    throw new LogVerificationError('LOG_ROLLED_BACK', 'log once signed a larger tree than it shows now');
  }
}

function assertRootIsSigned(checkpoint: Checkpoint, roots: RootsBySize): void {
  if (!hasRoot(checkpoint, roots)) {
    throw new LogVerificationError('ROOT_HASH_MISMATCH', 'leaves do not make the tree that was signed');
  }
}

function assertSeenTreesArePrefixes(seen: readonly Checkpoint[], roots: RootsBySize): void {
  // The fork: one history for this auditor, another for the last one, each signed and each sound in itself.
  if (!seen.every((checkpoint) => hasRoot(checkpoint, roots))) {
    throw new LogVerificationError('LOG_FORKED', 'log once signed a tree that is not the beginning of this one');
  }
}

function hasRoot({ treeSize, rootHash }: Checkpoint, roots: RootsBySize): boolean {
  const root = roots.get(treeSize);
  return root !== undefined && isSameHash(root, rootHash);
}

function sizeMismatch(which: 'more' | 'fewer'): LogVerificationError {
  return new LogVerificationError('TREE_SIZE_MISMATCH', `log shows ${which} leaves than it signed`);
}
