import type { GalleyClient } from './client/index.ts';

/** A verified log: entries, tree size and root hash (hex) that the checkpoint signs. */
export interface VerifiedAudit {
  readonly entries: number;
  readonly treeSize: number;
  readonly rootHash: string;
  /** How many earlier checkpoints the log still keeps. */
  readonly checkedCheckpoints: number;
  /** The signed checkpoint, to be kept for the next visit. */
  readonly checkpoint: string;
  /** The public key it was verified with. */
  readonly verifierKey: string;
}

/** What the auditor brings from outside; without a key the one that the service names is believed. */
export interface AuditorKnowledge {
  readonly verifierKey?: string | undefined;
  readonly seenCheckpoints: readonly string[];
}

/**
 * Reads every leaf and the newest checkpoint, and verifies them here, believing nothing the service computed.
 *
 * The verifier is the one the service ships, but runs on the auditor's machine; the checkpoints the auditor kept from
 * earlier visits show a log that was rolled back or forked since.
 *
 * @throws {Error} with the code of the first broken promise
 */
export async function verifyAudit(client: GalleyClient, known: AuditorKnowledge): Promise<VerifiedAudit> {
  // Loaded here and now: no other command needs the verifier, and no other file of the CLI may reach beyond the
  // contract.
  const { parseCheckpoint, verifyLog } = await import('../audit/index.ts');
  const newest = await client.audit.checkpoint();
  const { checkpoint } = newest;
  const { treeSize } = parseCheckpoint(checkpoint);
  const leaves = client.audit.leaves(BigInt(treeSize));
  const verifierKey = known.verifierKey ?? newest.verifierKey;
  const verified = await verifyLog({ leaves, checkpoint, verifierKey, seenCheckpoints: known.seenCheckpoints });
  return { ...verified, checkpoint, verifierKey };
}
