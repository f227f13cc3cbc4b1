import type { JsonValue, ReceiptStatement } from '../../audit/index.ts';
import { bindToSalt, openKept } from '../details/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { contentDigest } from '../receipts/index.ts';
import type { AudienceRecord } from './audience-record.ts';
import type { DeniabilityFacts } from './blur.ts';
import type { SizedAudience } from './estimate-audience.ts';

/** A publication that is about to be accepted. */
export interface Accepted {
  readonly activationId: string;
  readonly call: Pick<Call, 'principal'>;
  readonly audience: AudienceRecord;
  readonly destinationId: string;
  readonly sized: SizedAudience;
  /** The digest by which the log binds what it was decided from. */
  readonly decision: string;
  /** How deniable membership is; null when members are exact. */
  readonly deniability: DeniabilityFacts | null;
}

/**
 * What the receipt of an activation says: which audience goes where, for whom, under which rules and over which data, and
 * by which code that was decided. The definition stands in it as a salted digest, and no size does.
 */
export async function activationStatement(kitchen: Kitchen, accepted: Accepted): Promise<ReceiptStatement> {
  const { activationId, call, audience, destinationId, sized, decision, deniability } = accepted;
  const { row, collaboration } = audience;
  const { salt, content } = await openKept(kitchen, { kind: 'definition', subjectId: row.audience_id });
  const { epsilon, delta, rho } = sized.charged;
  const used = JSON.parse(row.tables) as readonly string[];
  const bindings = collaboration.bindings.filter((b) => used.includes(`${b.owner}.${b.alias}`));
  return {
    version: 1,
    kind: 'activation',
    collaboration: row.collaboration_id,
    activation: activationId,
    audience: row.audience_id,
    destination: destinationId,
    activatedBy: call.principal.member,
    definer: row.definer,
    owner: row.owner,
    query: bindToSalt(salt, content),
    decision,
    tables: bindings.map((b) => ({
      table: `${b.owner}.${b.alias}`,
      rulesDigest: b.rules_digest,
      snapshot: sized.snapshots.get(b.dataset_id)?.snapshotId ?? '',
      content: contentDigest(kitchen, activationId, sized.snapshots.get(b.dataset_id)?.contentId ?? ''),
    })),
    functions: JSON.parse(row.functions) as readonly JsonValue[],
    // Of the size that it was held against, when that was released for it; one that was there before has cost nothing now.
    privacy: { charged: { epsilon, delta, rho } },
    decidingCode: { ...kitchen.code },
    ...(deniability === null ? {} : { deniability: { ...deniability } }),
  };
}
