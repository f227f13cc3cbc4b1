import { leafHash } from '../../audit/index.ts';
import type { audit } from '../../proto/index.ts';
import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { grantAudit, listAuditGrants, revokeAuditGrant } from './audit-grants.ts';
import type { EntryIndex } from './entry-index/index.ts';
import { exportEntries } from './export-entries.ts';
import { listEntries } from './list-entries.ts';
import { readDecision } from './read-decision.ts';
import { readKeys } from './read-keys.ts';
import { readReceipt } from './read-receipt.ts';
import { readRules } from './read-rules.ts';

/** The handlers of galley.v1.AuditService. */
export function makeLogService(
  kitchen: Kitchen,
  index: EntryIndex,
  { unary, serverStream }: HandlerWrappers,
): audit.AuditServiceServer {
  return {
    listEntries: unary('read-log', (request, call) => listEntries(kitchen, index, call, request)),
    streamLeaves: serverStream('stream-leaves', (request, call) => stream(kitchen, call, request)),
    getCheckpoint: unary('read-proof', async (_request, _call) => ({
      checkpoint: await kitchen.log.checkpoint(),
      verifierKey: kitchen.logVerifierKey,
      cosignedCheckpoint: kitchen.log.cosigned ?? '',
    })),
    getInclusionProof: unary('read-proof', async (request, _call) => proveInclusion(kitchen, request)),
    getConsistencyProof: unary('read-proof', async (request, _call) => proveConsistency(kitchen, request)),
    readDecision: serverStream('read-decision', ({ queryId }, call) => readDecision(kitchen, index, call, queryId)),
    readRules: unary('read-log', (request, call) => readRules(kitchen, index, call, request)),
    exportEntries: serverStream('read-log', (request, call) => exportEntries(kitchen, index, call, request)),
    getReceipt: unary('read-question', (request, call) => readReceipt(kitchen, index, call, request)),
    getLogKeys: unary('read-proof', async (_request, _call) => await readKeys(kitchen)),
    grantAudit: unary('grant-audit', (request, call) => grantAudit(kitchen, call, request)),
    revokeAuditGrant: unary('revoke-audit-grant', (request, call) => revokeAuditGrant(kitchen, call, request)),
    listAuditGrants: unary('list-audit-grants', (request, call) => listAuditGrants(kitchen, call, request)),
  };
}

async function* stream(
  kitchen: Kitchen,
  call: Call,
  { fromIndex, untilIndex }: audit.StreamLeavesRequest,
): AsyncGenerator<audit.StreamLeavesResponse, void> {
  const { principal } = call;
  const decision = kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action: 'stream-leaves' });
  if (!decision.allowed) throw new ServiceError('PERMISSION_DENIED', 'only an auditor of all collaborations may');
  const treeSize = kitchen.log.treeSize;
  const until = untilIndex === 0n ? treeSize : Math.min(Number(untilIndex), treeSize);
  const from = Math.min(Number(fromIndex), until);
  await record(kitchen, { kind: 'log-read', call, collaboration: null, subject: { from, until, kind: '' } });
  for await (const { leafIndex, leaf } of kitchen.log.read(from, until - from)) {
    yield { leafIndex: BigInt(leafIndex), leaf };
  }
}

async function proveInclusion(
  kitchen: Kitchen,
  request: audit.GetInclusionProofRequest,
): Promise<audit.GetInclusionProofResponse> {
  const treeSize = sizeOf(kitchen, request.treeSize);
  const leafIndex = Number(request.leafIndex);
  if (leafIndex >= treeSize) throw new ServiceError('INVALID_REQUEST', '`leaf_index` is outside the tree');
  const hashes = kitchen.log.inclusionProof(leafIndex, treeSize);
  for await (const { leaf } of kitchen.log.read(leafIndex, 1)) {
    return { leafHash: leafHash(leaf), treeSize: BigInt(treeSize), hashes };
  }
  throw new ServiceError('INVALID_REQUEST', '`leaf_index` is outside the tree');
}

function proveConsistency(
  kitchen: Kitchen,
  request: audit.GetConsistencyProofRequest,
): audit.GetConsistencyProofResponse {
  const secondSize = sizeOf(kitchen, request.secondSize);
  const firstSize = Number(request.firstSize);
  if (firstSize > secondSize) throw new ServiceError('INVALID_REQUEST', '`first_size` is over `second_size`');
  return { secondSize: BigInt(secondSize), hashes: kitchen.log.consistencyProof(firstSize, secondSize) };
}

function sizeOf(kitchen: Kitchen, requested: bigint): number {
  if (requested === 0n) return kitchen.log.treeSize;
  if (requested <= BigInt(kitchen.log.treeSize)) return Number(requested);
  throw new ServiceError('INVALID_REQUEST', 'the tree is not that large yet');
}
