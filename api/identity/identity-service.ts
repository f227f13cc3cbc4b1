import { identity } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { countOwnIdentifiers, type IdentityInForce, identityInForce } from '../datasets/index.ts';
import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, record } from '../kitchen/index.ts';
import { setIdentityRules } from './set-identity-rules.ts';

/** Longest time to count the identifiers of one member: tens of millions. */
const MAX_COUNT_MS = 600_000;

/** The handlers of galley.v1.IdentityService. */
export function makeIdentityService(kitchen: Kitchen, { unary }: HandlerWrappers): identity.IdentityServiceServer {
  return {
    setIdentityRules: unary('set-identity-rules', async (request, call) => ({
      rules: rulesMessage(await setIdentityRules(kitchen, call, request)),
    })),
    getIdentityRules: unary('read-collaboration', async ({ collaborationId }, call) => {
      await admit(kitchen, call, { action: 'read-collaboration', collaborationId });
      return { rules: rulesMessage(await identityInForce(kitchen, collaborationId)) };
    }),
    explainIdentity: unary('explain-identity', (request, call) => explain(kitchen, call, request)),
  };
}

async function explain(
  kitchen: Kitchen,
  call: Call,
  { collaborationId }: identity.ExplainIdentityRequest,
): Promise<identity.ExplainIdentityResponse> {
  await admit(kitchen, call, { action: 'explain-identity', collaborationId });
  await record(kitchen, { kind: 'identity-explained', call, collaboration: collaborationId, subject: {} });
  const work = beginCallWork(kitchen, call, { maxMs: MAX_COUNT_MS });
  const of = { collaborationId, member: call.principal.member };
  const { counts, kinds } = await countOwnIdentifiers(kitchen, of, work.nextJob).catch((cause: unknown) => {
    if (call.signal.aborted) throw cause;
    kitchen.operatorLog.warn({ err: cause }, 'the identifiers of a member were not counted');
    throw new ServiceError('RUN_FAILED', 'the identifiers could not be counted');
  });
  return identity.ExplainIdentityResponse.fromPartial({
    identifiers: BigInt(counts.identifiers),
    persons: BigInt(counts.clusters),
    attached: BigInt(counts.attached),
    shared: BigInt(counts.shared),
    crowded: BigInt(counts.crowded),
    kinds: counts.ranks.map(({ rank, ...ofKind }) => ({
      identifier: kinds.get(rank) ?? '',
      identifiers: BigInt(ofKind.identifiers),
      attached: BigInt(ofKind.attached),
      shared: BigInt(ofKind.shared),
    })),
  });
}

function rulesMessage({ rules, digest, version }: IdentityInForce): identity.IdentityRules {
  return { rulesJson: JSON.stringify(rules), rulesDigest: digest, rulesVersion: version };
}
