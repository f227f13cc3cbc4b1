import { parseCheckpoint, verifyCheckpoint, verifyConsistency } from '../../audit/index.ts';
import type { GalleyClient } from '../client/index.ts';

/** A tree that was seen: its size and its root hash, in hex. */
export interface SeenTree {
  readonly treeSize: number;
  readonly rootHash: string;
}

/**
 * Reads the newest checkpoint and checks that the tree seen before is the beginning of its tree.
 *
 * Whoever exports every hour would else not notice that the log was rolled back in between, and never see what is written
 * over the places that it has gone past.
 *
 * @throws {Error} when the log is shorter than it was, or another one
 */
export async function checkExtension(client: GalleyClient, seen: SeenTree | undefined): Promise<SeenTree> {
  const { checkpoint, verifierKey } = await client.audit.checkpoint();
  const { treeSize, rootHash } = verifyCheckpoint(checkpoint, verifierKey);
  const now = { treeSize, rootHash: Buffer.from(rootHash).toString('hex') };
  if (seen === undefined || seen.treeSize === 0) return now;
  if (treeSize < seen.treeSize) {
    const lost = `${seen.treeSize} entries at the last export, and ${treeSize} now`;
    throw new Error(`the log was rolled back: it had ${lost}; see \`galley audit verify\``);
  }
  const proof = await client.audit.consistencyProof(BigInt(seen.treeSize), BigInt(treeSize));
  try {
    verifyConsistency({
      firstSize: seen.treeSize,
      firstRoot: Buffer.from(seen.rootHash, 'hex'),
      secondSize: treeSize,
      secondRoot: parseCheckpoint(checkpoint).rootHash,
      proof: [...proof],
    });
  } catch (cause) {
    throw new Error('the log is not the one of the last export; see `galley audit verify`', { cause });
  }
  return now;
}
