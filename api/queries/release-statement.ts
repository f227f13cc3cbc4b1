import type { ReceiptStatement } from '../../audit/index.ts';
import { functionsUsed, priceOf, recordOf } from '../../policies/index.ts';
import { bindToSalt, openKept } from '../details/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { contentDigest } from '../receipts/index.ts';
import { isStored, type Prepared } from './prepare.ts';

/** The tables of a question as the log names them: the rules they were asked under, and the snapshot that answered. */
export function askedTables({ collaboration, tables, snapshots }: Prepared) {
  const bindings = collaboration.bindings.filter((b) =>
    tables.some((t) => t.member === b.owner && t.alias === b.alias),
  );
  return bindings.map((b) => ({
    table: `${b.owner}.${b.alias}`,
    rulesDigest: b.rules_digest,
    snapshot: snapshots.get(b.dataset_id)?.snapshotId ?? '',
    contentId: snapshots.get(b.dataset_id)?.contentId ?? '',
  }));
}

/** A question that was released. */
export interface Released {
  readonly queryId: string;
  readonly call: Pick<Call, 'principal'>;
  readonly prepared: Prepared;
  /** The digest by which the log binds what it was decided from. */
  readonly decision: string;
  /** The salted digest of what left. */
  readonly releaseDigest: string;
}

/**
 * What the receipt of a release says: the question, the rules and data it was asked of, its price, its mechanisms, the
 * code that decided, and what left. Words, names of contents and the release itself stand in it as salted digests.
 */
export async function releaseStatement(kitchen: Kitchen, released: Released): Promise<ReceiptStatement> {
  const { queryId, call, prepared, decision, releaseDigest } = released;
  const { collaboration, actingFor, mode, epsilon, charge, delta, events, plan } = prepared;
  const { salt, content } = await openKept(kitchen, { kind: 'question', subjectId: queryId });
  const price = priceOf(charge, delta);
  return {
    version: 1,
    kind: 'release',
    collaboration: collaboration.row.collaboration_id,
    question: queryId,
    asker: call.principal.member,
    actingFor,
    mode,
    isReused: isStored(prepared),
    query: bindToSalt(salt, content),
    decision,
    tables: askedTables(prepared).map(({ contentId, ...table }) => ({
      ...table,
      content: contentDigest(kitchen, queryId, contentId),
    })),
    functions: functionsUsed(...plan.aggregates).map((used) => ({ ...used })),
    privacy: {
      epsilon,
      charged: { epsilon: price.epsilon, delta: price.delta, rho: charge.rho, deltaSelection: charge.deltaSelection },
      mechanisms: recordOf(events),
    },
    decidingCode: { ...kitchen.code },
    output: releaseDigest,
  };
}
