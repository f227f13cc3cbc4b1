import { createHmac } from 'node:crypto';
import { rights } from '../../proto/index.ts';
import type { Deliveries } from '../audiences/index.ts';
import type { ServiceAction } from '../authorize/index.ts';
import { admitToDataset } from '../datasets/index.ts';
import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { type Kitchen, once } from '../kitchen/index.ts';
import { readErasure, requestErasure } from './erasure-record.ts';
import type { Erasures } from './erasures.ts';
import { countOptOuts, optOut, withdrawOptOut } from './opt-out.ts';
import { readIdentifiers } from './read-identifiers.ts';

/** Most identifiers of one change of opt-outs: a message of them stays far under the largest. */
const MAX_OPT_OUTS_COUNT = 10_000;
/** Most identifiers of one erasure: its receipt, which names each, is one entry of the log. */
const MAX_ERASED_COUNT = 1_000;
/** How long a call waits for its erasure, within the deadline of all calls: small ones are done by then. */
const MAX_WAIT_MS = 15_000;

/** What the service of rights works with. */
export interface RightsTools {
  readonly erasures: Erasures;
  readonly deliveries: Pick<Deliveries, 'nudge'>;
}

/** The handlers of galley.v1.PersonRightsService. */
export function makeRightsService(
  kitchen: Kitchen,
  { erasures, deliveries }: RightsTools,
  { unary }: HandlerWrappers,
): rights.PersonRightsServiceServer {
  return {
    optOut: unary('opt-out', async ({ identifiers }, call) => {
      assertPermitted(kitchen, call, 'opt-out');
      const recorded = await optOut(kitchen, call, readIdentifiers(identifiers, MAX_OPT_OUTS_COUNT));
      deliveries.nudge();
      kitchen.changes.note(null);
      return { recordedCount: BigInt(recorded) };
    }),
    withdrawOptOut: unary('opt-out', async ({ identifiers }, call) => {
      assertPermitted(kitchen, call, 'opt-out');
      const withdrawn = await withdrawOptOut(kitchen, call, readIdentifiers(identifiers, MAX_OPT_OUTS_COUNT));
      kitchen.changes.note(null);
      return { withdrawnCount: BigInt(withdrawn) };
    }),
    countOptOuts: unary('read-opt-outs', async (_request, call) => {
      assertPermitted(kitchen, call, 'read-opt-outs');
      return { counts: await countOptOuts(kitchen, call.principal.member) };
    }),
    erasePersons: unary('erase-persons', async (request, call) => {
      assertPermitted(kitchen, call, 'erase-persons');
      const what = { scope: 'persons' as const, identifiers: readIdentifiers(request.identifiers, MAX_ERASED_COUNT) };
      const wire = rights.ErasePersonsRequest.encode(request).finish();
      return await erase(kitchen, erasures, call, { ...request, rpc: 'ErasePersons', wire, what });
    }),
    eraseDataset: unary('erase-dataset', async (request, call) => {
      const what = { scope: 'dataset' as const, datasetId: request.datasetId };
      const wire = rights.EraseDatasetRequest.encode(request).finish();
      return await erase(kitchen, erasures, call, { ...request, rpc: 'EraseDataset', wire, what });
    }),
    eraseMember: unary('erase-member', async (request, call) => {
      assertPermitted(kitchen, call, 'erase-member');
      if (request.member !== call.principal.member) {
        throw new ServiceError('INVALID_REQUEST', '`member` must be your own member, spelt out');
      }
      const wire = rights.EraseMemberRequest.encode(request).finish();
      return await erase(kitchen, erasures, call, { ...request, rpc: 'EraseMember', wire, what: { scope: 'member' } });
    }),
    getErasure: unary('read-erasure', async ({ erasureId }, call) => {
      assertPermitted(kitchen, call, 'read-erasure');
      return { erasure: await readErasure(kitchen, call, erasureId) };
    }),
  };
}

interface ErasureRequest {
  readonly rpc: string;
  readonly requestId: string;
  readonly wire: Uint8Array;
  readonly what: Parameters<typeof requestErasure>[2];
}

/** Accepts an erasure once for each request, and waits for it a little. */
async function erase(
  kitchen: Kitchen,
  erasures: Erasures,
  call: Call,
  { rpc, requestId, wire, what }: ErasureRequest,
): Promise<{ erasure: rights.Erasure }> {
  // Keyed: what is kept of a request must not let whoever reads the store try out whom it named.
  const request = createHmac('sha256', kitchen.vault.deriveKey('erasure-requests')).update(wire).digest();
  const repeatable = { member: call.principal.member, rpc, requestId, request };
  const id = await once(kitchen, repeatable, async () => {
    // Here, as a repetition must be answered after the dataset is gone.
    if (what.datasetId !== undefined) await admitToDataset(kitchen, call, 'erase-dataset', what.datasetId);
    return Buffer.from(await requestErasure(kitchen, call, what));
  });
  const erasureId = Buffer.from(id).toString();
  await erasures.wait(erasureId, MAX_WAIT_MS);
  return { erasure: await readErasure(kitchen, call, erasureId) };
}

function assertPermitted(kitchen: Kitchen, { principal }: Call, action: ServiceAction): void {
  if (kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action }).allowed) return;
  throw new ServiceError('PERMISSION_DENIED', 'your role has no data of persons');
}
