import type { CollaborationAction } from '../authorize/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type CollaborationRecord, factsOf, grantFactsOf, readCollaboration } from './collaboration-record.ts';

/** What is asked for in a collaboration. */
export interface Entry {
  readonly action: CollaborationAction;
  readonly collaborationId: string;
  /** For an ISV: the member it acts for. */
  readonly actingFor?: string;
  /** Tables that will be touched, once they are known. */
  readonly tables?: readonly string[];
}

/**
 * Lets a caller into a collaboration or refuses it.
 *
 * @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED; an outsider cannot tell which exists
 */
export async function admit(kitchen: Kitchen, call: Call, entry: Entry): Promise<CollaborationRecord> {
  const record = await readCollaboration(kitchen, entry.collaborationId);
  if (record === undefined) throw notFound('collaboration');
  assertPermitted(kitchen, call, record, entry);
  return record;
}

/** Decides for a collaboration that is already read: the same rules, with what has been learnt since. */
export function assertPermitted(kitchen: Kitchen, call: Call, record: CollaborationRecord, entry: Entry): void {
  const { principal } = call;
  const decision = kitchen.authorizer.authorize({
    principal,
    nowMs: kitchen.nowMs(),
    action: entry.action,
    collaboration: factsOf(record),
    grants: grantFactsOf(record, principal.member),
    isByTemplate: call.template !== undefined,
    ...(entry.actingFor === undefined ? {} : { actingFor: entry.actingFor }),
    ...(entry.tables === undefined ? {} : { tables: entry.tables }),
  });
  if (decision.allowed) return;
  throw accessRefused({ thing: 'collaboration', id: entry.collaborationId, isVisible: decision.isVisible });
}
