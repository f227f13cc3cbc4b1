// The keys that others verify with: of the log's checkpoints, and of receipts. Each is announced in the log before it is
// used, so that whoever trusts one key of the log can follow to all the others.
import { type CheckpointSigner, handOver, handoverSigner, openNextKey, parseCheckpoint } from '../../audit/index.ts';
import type { Config } from '../config/index.ts';
import { assertHasKeys, newestReceiptKey, openNextReceiptKey, promoteReceiptKey } from '../keys/index.ts';
import { type Cellar, logKeyFiles, openCellar } from '../kitchen/index.ts';
import { announceReceiptKey } from '../receipts/index.ts';

/** What a change of the log's key came to: the new public key, and the tree that both keys signed. */
export interface LogRotation {
  readonly verifierKey: string;
  readonly treeSize: number;
}

/**
 * Hands the log over to a new key: announced by an entry, over which the old key and the new sign a checkpoint together.
 *
 * Killed before the handover is written the old key goes on, and the same command begins again; killed after it the new
 * one does.
 */
export async function rotateLogKey(config: Config): Promise<LogRotation> {
  await assertHasKeys(config.dataDirectory);
  const files = logKeyFiles(config);
  let next: CheckpointSigner | undefined;
  // Only now: the key that comes next may have come into force a moment ago, by what a crash had left of another change.
  const cellar = await openCellar(config, async (own) => {
    next = await openNextKey(files);
    return handoverSigner(own, next);
  });
  const { log, logKeys, logVerifierKey: from } = cellar;
  try {
    if (next === undefined) throw new Error('the log was opened without its next key');
    const subject = { key: 'log', from, to: next.verifierKey };
    const at = new Date().toISOString();
    const { leafIndex } = await log.append({ kind: 'key-rotated', at, actor: null, collaboration: null, subject });
    const note = await log.checkpoint();
    const { treeSize } = parseCheckpoint(note);
    for await (const { leaf } of log.read(leafIndex, 1)) {
      const inclusionProof = await log.inclusionProof(leafIndex, treeSize);
      await handOver(files, logKeys, { note, leafIndex, leaf, inclusionProof });
    }
    return { verifierKey: next.verifierKey, treeSize };
  } finally {
    await cellar.close();
  }
}

/** What a change of the key of receipts came to. */
export interface ReceiptRotation {
  readonly kid: string;
  /** The entry that announced it. */
  readonly leafIndex: number;
}

/** Puts a new key of receipts in the place of the newest one, which signs none of later entries. */
export async function rotateReceiptKey(
  config: Config,
  announcement: { readonly isCompromised: boolean },
): Promise<ReceiptRotation> {
  const { dataDirectory } = config;
  await assertHasKeys(dataDirectory);
  const cellar = await openCellar(config);
  try {
    const begun = await finishReceiptRotation(cellar, dataDirectory);
    if (begun?.isCompromised === announcement.isCompromised) return begun;
    const next = await openNextReceiptKey(dataDirectory);
    const leafIndex = await announceReceiptKey(cellar, next, announcement);
    await promoteReceiptKey(dataDirectory);
    return { kid: next.kid, leafIndex };
  } finally {
    await cellar.close();
  }
}

/** A change that a crash cut off when its key was announced already, brought to its end; undefined when there is none. */
async function finishReceiptRotation(
  { store }: Cellar,
  dataDirectory: string,
): Promise<(ReceiptRotation & { readonly isCompromised: boolean }) | undefined> {
  const newest = await newestReceiptKey(store);
  if (newest === undefined) return undefined;
  const next = await openNextReceiptKey(dataDirectory);
  if (next.kid !== newest.kid) return undefined;
  await promoteReceiptKey(dataDirectory);
  return { kid: newest.kid, leafIndex: newest.leaf_index, isCompromised: newest.is_compromised === 1 };
}
