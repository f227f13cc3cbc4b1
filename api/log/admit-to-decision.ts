import { factsOf, readCollaboration } from '../collaborations/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { auditGrantFacts, grantsFor } from './audit-grants.ts';
import { awaitIndex } from './await-index.ts';
import type { EntryIndex } from './entry-index/index.ts';
import { readFound } from './found-entries.ts';
import { windowOf } from './log-scope.ts';

/** Which decision, and where it was made. */
export interface DecisionPlace {
  /** The question, audience or match. */
  readonly subjectId: string;
  readonly collaborationId: string;
}

/**
 * Lets a caller read the record of a decision: by its scope, or by a grant of the member that the decision was made for
 * whose window has the decision's entry.
 *
 * @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED
 */
export async function admitToDecision(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  place: DecisionPlace,
): Promise<void> {
  const { collaborationId } = place;
  const record = await readCollaboration(kitchen, collaborationId);
  if (record === undefined) throw notFound('collaboration');
  const { principal } = call;
  const asked = {
    principal,
    nowMs: kitchen.nowMs(),
    action: 'read-decision' as const,
    collaboration: factsOf(record),
  };
  const decision = kitchen.authorizer.authorize(asked);
  if (decision.allowed) return;
  let { isVisible } = decision;
  const grants = await grantsFor(kitchen, call, collaborationId);
  const made = grants.length === 0 ? undefined : await findDecision(kitchen, index, call, place);
  for (const grant of grants) {
    const { fromIndex, untilIndex } = windowOf(index, grant);
    if (made === undefined || made.leafIndex < fromIndex || made.leafIndex >= untilIndex) continue;
    const auditGrant = auditGrantFacts(grant);
    const granted = kitchen.authorizer.authorize({ ...asked, auditGrant, actingFor: made.actingFor });
    if (granted.allowed) return;
    isVisible ||= granted.isVisible;
  }
  throw accessRefused({ thing: 'collaboration', id: collaborationId, isVisible });
}

/** Where a decision stands in the log, and the member it was made for. */
async function findDecision(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  { subjectId, collaborationId }: DecisionPlace,
): Promise<{ readonly leafIndex: number; readonly actingFor: string } | undefined> {
  const untilIndex = kitchen.log.treeSize;
  await awaitIndex(index, untilIndex, call);
  const terms = [[`subject/${subjectId}`], [`collaboration/${collaborationId}`]];
  const found = index.find({ visible: 'all', terms, minRho: 0, fromIndex: 0, untilIndex }, call.signal);
  for await (const { leafIndex, entry } of readFound(kitchen.log, found)) {
    const { actingFor, decision } = entry.subject;
    // The entry that binds the record, and no other that names the same question.
    if (typeof decision !== 'string') continue;
    return { leafIndex, actingFor: typeof actingFor === 'string' ? actingFor : (entry.actor?.member ?? '') };
  }
  return undefined;
}
