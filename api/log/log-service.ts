import { leafHash } from '../../audit/index.ts';
import type { audit } from '../../proto/index.ts';
import { admit, readCollaboration } from '../collaborations/index.ts';
import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { readDecision } from './read-decision.ts';

/** Entries of a page that names no size. */
const DEFAULT_PAGE_ENTRIES = 100;
/** Most entries of a page. */
const MAX_PAGE_ENTRIES = 1_000;
/** Entries that one call looks at: a filter that matches nothing must not read the whole log at once. */
const MAX_SCANNED_ENTRIES = 20_000;
/** Bytes of leaves in one page: an answer must stay under the largest message. */
const MAX_PAGE_BYTES = 2_000_000;

/** The handlers of galley.v1.AuditService. */
export function makeLogService(kitchen: Kitchen, { unary, serverStream }: HandlerWrappers): audit.AuditServiceServer {
  return {
    listEntries: unary('read-log', (request, call) => list(kitchen, call, request)),
    streamLeaves: serverStream('stream-leaves', (request, call) => stream(kitchen, call, request)),
    getCheckpoint: unary('read-proof', async (_request, _call) => ({
      checkpoint: await kitchen.log.checkpoint(),
      verifierKey: kitchen.logVerifierKey,
    })),
    getInclusionProof: unary('read-proof', async (request, _call) => proveInclusion(kitchen, request)),
    getConsistencyProof: unary('read-proof', async (request, _call) => proveConsistency(kitchen, request)),
    readDecision: serverStream('read-decision', ({ queryId }, call) => readDecision(kitchen, call, queryId)),
  };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: audit.ListEntriesRequest,
): Promise<audit.ListEntriesResponse> {
  const maySee = await readScope(kitchen, call, request.collaborationId);
  const size = Math.min(request.pageSize === 0 ? DEFAULT_PAGE_ENTRIES : request.pageSize, MAX_PAGE_ENTRIES);
  const treeSize = kitchen.log.treeSize;
  const from = Number(request.fromIndex);
  const entries: audit.Entry[] = [];
  let nextIndex = Math.min(from, treeSize);
  let bytes = 0;
  const scanned = Math.min(treeSize - nextIndex, MAX_SCANNED_ENTRIES);
  for await (const { leafIndex, leaf, entry } of kitchen.log.read(nextIndex, scanned)) {
    nextIndex = leafIndex + 1;
    const isWanted = request.kind === '' || entry.kind === request.kind;
    if (!isWanted || !(await maySee(entry.collaboration))) continue;
    entries.push({ leafIndex: BigInt(leafIndex), kind: entry.kind, leaf });
    bytes += leaf.length;
    if (entries.length >= size || bytes > MAX_PAGE_BYTES) break;
  }
  const collaboration = request.collaborationId === '' ? null : request.collaborationId;
  const subject = { from, until: nextIndex, kind: request.kind };
  await record(kitchen, { kind: 'log-read', call, collaboration, subject });
  return { entries, nextIndex: BigInt(nextIndex), treeSize: BigInt(treeSize) };
}

/** Says of an entry's collaboration whether the caller may read its entries. */
async function readScope(
  kitchen: Kitchen,
  call: Call,
  collaborationId: string,
): Promise<(collaboration: string | null) => Promise<boolean>> {
  if (collaborationId !== '') {
    await admit(kitchen, call, { action: 'read-log', collaborationId });
    return async (of) => of === collaborationId;
  }
  const seesAll = call.principal.role === 'auditor' && call.principal.scopes.collaborations === 'all';
  if (seesAll) return async () => true;
  const known = new Map<string, boolean>();
  return async (of) => {
    if (of === null) return false;
    const answer = known.get(of) ?? (await mayRead(kitchen, call, of));
    known.set(of, answer);
    return answer;
  };
}

async function mayRead(kitchen: Kitchen, call: Call, collaborationId: string): Promise<boolean> {
  if ((await readCollaboration(kitchen, collaborationId)) === undefined) return false;
  return await admit(kitchen, call, { action: 'read-log', collaborationId }).then(
    () => true,
    (cause: unknown) => {
      if (cause instanceof ServiceError) return false;
      throw cause;
    },
  );
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
