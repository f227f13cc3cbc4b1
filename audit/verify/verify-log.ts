import {
  type Checkpoint,
  type KeyHistory,
  newKeyHistory,
  type VerifiedKeyHistory,
  verifyCheckpointByHistory,
  verifyKeyHistory,
} from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { isSameHash } from '../merkle/index.ts';
import type { AccountSum } from './history/index.ts';
import { LogForked } from './log-forked.ts';
import { type KeyChange, LogReading } from './log-reading.ts';
import { type WitnessedNote, type Witnesses, witnessedBy } from './witnessed-by.ts';

/** All that an auditor brings: the leaves, what the log signed about them, the key, and what it signed before. */
export interface VerifyLogOptions {
  readonly leaves: AsyncIterable<Uint8Array>;
  readonly checkpoint: string;
  /** The log's key as the auditor knows it; any key the log ever had will do where `keys` lead on from it. */
  readonly verifierKey: string;
  /** The log's own story of its keys; without it the auditor's key is the only one. */
  readonly keys?: KeyHistory;
  /** Checkpoints the auditor kept from earlier visits or got from others, in any order. */
  readonly seenCheckpoints?: readonly string[];
  /** Who must have cosigned, and how many of them; nobody when left out. */
  readonly witnesses?: Witnesses;
  /** Hashes of leaves that must stand at these places: what receipts say. */
  readonly claimedLeaves?: ReadonlyMap<number, Uint8Array>;
  /** Is told now and then how many leaves have been read. */
  readonly onProgress?: (treeSize: number) => void;
}

/** What was verified: the count of entries, the tree they make, and how many earlier checkpoints it keeps. */
export interface VerifiedLog {
  readonly entries: number;
  readonly treeSize: number;
  /** In lower-case hexadecimal. */
  readonly rootHash: string;
  readonly checkedCheckpoints: number;
  /** What all charges of an account add up to, by its name. */
  readonly accounts: ReadonlyMap<string, AccountSum>;
  /** The largest tree that enough witnesses cosigned; null when none were asked for. */
  readonly witnessed: WitnessedNote | null;
  /** Keys that the log has had. */
  readonly keyCount: number;
}

/** Leaves between two words on progress. */
const PROGRESS_STEP_COUNT = 10_000;

/**
 * Verifies a whole log offline, from its leaves alone: no proof and no hash of the log's own making is believed.
 *
 * Memory does not grow with the leaves, but for what stands (accounts, grants, audiences) and twenty bytes a question.
 *
 * @throws {LogVerificationError} with the code of the first promise found broken, in the order: signatures and keys,
 *   size, root, earlier checkpoints, receipts, the lawful order of what the entries say, keys it tells of, witnesses
 */
export async function verifyLog(options: VerifyLogOptions): Promise<VerifiedLog> {
  const history = verifyKeyHistory(options.keys ?? newKeyHistory(options.verifierKey), options.verifierKey);
  const newest = signedNote(options.checkpoint, history);
  const seen = seenNotes(options, history);
  const trees = [...seen, ...handoverNotes(options, history)];
  assertNoSplit(newest, trees);
  const { reading, roots, misplaced } = await readAll(options, newest, trees);
  assertTreeIsSigned(newest, reading, roots);
  assertSeenTreesArePrefixes(newest, trees, roots);
  if (misplaced !== undefined) throw misplaced;
  if (reading.fault !== undefined) throw reading.fault;
  assertHandoversShown(reading.keyChanges, history);
  const witnessed = witnessedBy([newest, ...seen], options.witnesses);
  return {
    entries: newest.treeSize,
    treeSize: newest.treeSize,
    rootHash: Buffer.from(newest.rootHash).toString('hex'),
    checkedCheckpoints: seen.length,
    accounts: reading.accounts,
    witnessed,
    keyCount: history.keys.length,
  };
}

/** A checkpoint with the note it came in. */
interface SignedTree extends Checkpoint {
  readonly note: string;
}

function signedNote(note: string, history: VerifiedKeyHistory): SignedTree {
  return { ...verifyCheckpointByHistory(note, history), note };
}

function seenNotes({ seenCheckpoints = [] }: VerifyLogOptions, history: VerifiedKeyHistory): readonly SignedTree[] {
  return seenCheckpoints.map((note) => signedNote(note, history));
}

/** A log goes on from every tree over which it changed its key. */
function handoverNotes({ keys }: VerifyLogOptions, { handovers }: VerifiedKeyHistory): readonly SignedTree[] {
  return handovers.map((tree, index) => ({ ...tree, note: keys?.handovers[index]?.note ?? '' }));
}

/** Two notes of one size and two roots need no leaf to be told from each other. */
function assertNoSplit(newest: SignedTree, seen: readonly SignedTree[]): void {
  const bySize = new Map([[newest.treeSize, newest]]);
  for (const tree of seen) {
    const other = bySize.get(tree.treeSize) ?? tree;
    bySize.set(tree.treeSize, other);
    if (!isSameHash(other.rootHash, tree.rootHash)) throw new LogForked(tree, other, 0);
  }
  const largest = largestOf(bySize.keys());
  if (largest > newest.treeSize) {
    const message = `log once signed a tree of ${largest} entries, and shows ${newest.treeSize} now`;
    throw new LogVerificationError('LOG_ROLLED_BACK', message, newest.treeSize);
  }
}

/** Of hundreds of thousands, which are too many for the arguments of one call; 0 of none. */
function largestOf(sizes: Iterable<number>): number {
  let largest = 0;
  for (const size of sizes) largest = Math.max(largest, size);
  return largest;
}

/** The rebuilt tree's root at each size that some checkpoint speaks of. */
type RootsBySize = ReadonlyMap<number, Uint8Array>;

interface ReadLog {
  readonly reading: LogReading;
  readonly roots: RootsBySize;
  /** A claimed leaf that does not stand where it was said to. */
  readonly misplaced: LogVerificationError | undefined;
}

async function readAll(
  { leaves, claimedLeaves = new Map(), onProgress }: VerifyLogOptions,
  newest: SignedTree,
  trees: readonly Checkpoint[],
): Promise<ReadLog> {
  const sizes = new Set([newest, ...trees].map(({ treeSize }) => treeSize));
  const roots = new Map<number, Uint8Array>();
  const reading = new LogReading();
  let misplaced = outsideOf(claimedLeaves, newest);
  if (sizes.has(0)) roots.set(0, reading.rootHash());
  for await (const leaf of leaves) {
    if (reading.treeSize === newest.treeSize) throw sizeMismatch('more', newest.treeSize);
    const hash = reading.accept(leaf);
    const claimed = claimedLeaves.get(reading.treeSize - 1);
    if (claimed !== undefined && !isSameHash(claimed, hash)) misplaced ??= notInLog(reading.treeSize - 1);
    if (sizes.has(reading.treeSize)) roots.set(reading.treeSize, reading.rootHash());
    if (reading.treeSize % PROGRESS_STEP_COUNT === 0) onProgress?.(reading.treeSize);
  }
  return { reading, roots, misplaced };
}

function outsideOf(claimed: ReadonlyMap<number, Uint8Array>, { treeSize }: Checkpoint) {
  const outside = [...claimed.keys()].find((leafIndex) => leafIndex >= treeSize);
  return outside === undefined ? undefined : notInLog(outside);
}

function notInLog(leafIndex: number): LogVerificationError {
  return new LogVerificationError(
    'RECEIPT_NOT_IN_LOG',
    'a receipt names another entry than the log has here',
    leafIndex,
  );
}

function assertTreeIsSigned(newest: SignedTree, reading: LogReading, roots: RootsBySize): void {
  if (reading.treeSize < newest.treeSize) throw sizeMismatch('fewer', reading.treeSize);
  if (hasRoot(newest, roots)) return;
  throw new LogVerificationError('ROOT_HASH_MISMATCH', 'leaves do not make the tree that was signed');
}

function assertSeenTreesArePrefixes(newest: SignedTree, seen: readonly SignedTree[], roots: RootsBySize): void {
  // The fork: one history for this auditor, another for the last one, each signed and each sound in itself.
  const forked = seen.filter((tree) => !hasRoot(tree, roots)).toSorted((a, b) => a.treeSize - b.treeSize);
  const [first] = forked;
  if (first === undefined) return;
  const agreed = seen.filter((tree) => tree.treeSize < first.treeSize && hasRoot(tree, roots));
  throw new LogForked(first, newest, largestOf(agreed.map(({ treeSize }) => treeSize)));
}

/**
 * A key that the log itself tells to have been replaced signs nothing more. Whoever stole it since could else go on from
 * the honest entries, and show auditors of the old key a story of the keys that ends with it.
 */
function assertHandoversShown(changes: readonly KeyChange[], { keys }: VerifiedKeyHistory): void {
  const places = new Map(keys.map(({ verifierKey }, place) => [verifierKey, place]));
  for (const { leafIndex, from, to } of changes) {
    const before = places.get(from);
    if (before === undefined || (places.get(to) ?? -1) > before) continue;
    const message = 'log announces a new key here, and its file `keys` has no handover to it; ask for the whole file';
    throw new LogVerificationError('HANDOVER_NOT_SHOWN', message, leafIndex);
  }
}

function hasRoot({ treeSize, rootHash }: Checkpoint, roots: RootsBySize): boolean {
  const root = roots.get(treeSize);
  return root !== undefined && isSameHash(root, rootHash);
}

function sizeMismatch(which: 'more' | 'fewer', at: number): LogVerificationError {
  return new LogVerificationError('TREE_SIZE_MISMATCH', `log shows ${which} leaves than it signed`, at);
}
