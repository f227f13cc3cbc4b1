import { createHash } from 'node:crypto';
import type { GalleyClient } from './client/index.ts';

/** A decision that was made again from its record. */
export interface ReplayedDecision {
  /** `admitted`, `refused` or `budget-spent`, as the record says. */
  readonly decided: string;
  /**
   * Where the decision that follows from the recorded inputs differs from the recorded one; empty when it is identical.
   */
  readonly differences: readonly string[];
  /** The entry of the log that binds this record; `null` when none does. */
  readonly leafIndex: number | null;
  readonly record: unknown;
}

/** The kinds of entry that a decision on a question has. */
const DECIDED = ['question-admitted', 'question-refused'] as const;

/**
 * Reads the record of a decision, decides again from it here, and looks for the entry of the log that binds it.
 *
 * Nothing of the service is believed: the rules run on the auditor's machine, over what was recorded alone. That the
 * record is the one of the time shows in its digest, which the log has held since.
 *
 * @throws {TypeError} when the record is not of a version that is known here
 */
export async function replayAudit(client: GalleyClient, queryId: string): Promise<ReplayedDecision> {
  // Loaded here and now: no other command needs the rules, and no other file of the CLI may reach them.
  const { readDecisionRecord, replayDecision } = await import('../policies/index.ts');
  const kept = await client.audit.decision(queryId);
  const record = readDecisionRecord(Buffer.from(kept.record).toString());
  const digest = createHash('sha256').update(kept.salt).update(kept.record).digest('hex');
  const { differences } = replayDecision(record);
  return {
    decided: record.decision.kind,
    differences,
    leafIndex: await boundBy(client, { ...kept, queryId, digest }),
    record,
  };
}

async function boundBy(
  client: GalleyClient,
  of: { collaborationId: string; fromIndex: bigint; queryId: string; digest: string },
): Promise<number | null> {
  const { collaborationId, fromIndex } = of;
  for (const kind of DECIDED) {
    for await (const { leaf, leafIndex } of client.audit.entries({ collaborationId, kind, fromIndex })) {
      const { subject } = JSON.parse(Buffer.from(leaf).toString()) as { subject?: Record<string, unknown> };
      if (subject?.question === of.queryId && subject.decision === of.digest) return Number(leafIndex);
    }
  }
  return null;
}
