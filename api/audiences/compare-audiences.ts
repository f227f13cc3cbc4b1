import { partOfEpsilon, priceOf } from '../../policies/index.ts';
import { audiences } from '../../proto/index.ts';
import { accountsOf, costMessage } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type AudienceRecord, admitToAudience } from './audience-record.ts';
import { estimateAudience } from './estimate-audience.ts';
import { draftOf } from './estimate-definition.ts';

/** Epsilon of a whole comparison when the caller names none. */
const DEFAULT_COMPARISON_EPSILON = 0.3;
/** Two audiences and what they have in common. */
const SIZES_COUNT = 3;

/**
 * Releases the sizes of two audiences and of what they have in common, each a protected size like any other.
 *
 * The exact overlap is in none of them: subtracting one from another gives no more than three noisy numbers do.
 */
export async function compareAudiences(
  kitchen: Kitchen,
  call: Call,
  request: audiences.CompareAudiencesRequest,
): Promise<audiences.CompareAudiencesResponse> {
  const audience = await admitToAudience(kitchen, call, 'estimate-audience', request.audienceId);
  const other = await admitToAudience(kitchen, call, 'estimate-audience', request.otherAudienceId);
  const { collaboration_id: collaborationId, owner } = audience.row;
  if (other.row.collaboration_id !== collaborationId || other.row.owner !== owner) {
    throw new ServiceError('INVALID_REQUEST', 'both audiences must be of one collaboration and of the same member');
  }
  const delta = await smallestDelta(kitchen, call, [audience, other]);
  const whole = request.epsilon || DEFAULT_COMPARISON_EPSILON;
  if (!Number.isFinite(whole) || whole < 0) throw new ServiceError('INVALID_REQUEST', '`epsilon` must be over 0');
  const epsilon = partOfEpsilon(whole, SIZES_COUNT, delta);
  const kind = audiences.CombinationKind.INTERSECTION;
  // In one order: whoever compares them the other way round has the same answer for nothing.
  const audienceIds = [request.audienceId, request.otherAudienceId].toSorted();
  // Before anything is charged: what they have in common may be refused where each of them is permitted.
  const both = await draftOf(kitchen, call, {
    collaborationId,
    onBehalfOf: owner,
    definition: { source: { $case: 'combination', value: { kind, audienceIds } } },
  });
  const persons = await estimateAudience(kitchen, call, audience, epsilon);
  const otherPersons = await estimateAudience(kitchen, call, other, epsilon);
  const common = await estimateAudience(kitchen, call, both, epsilon);
  const rho = [persons, otherPersons, common].reduce((sum, { charged }) => sum + charged.rho, 0);
  const charged = costMessage({ ...priceOf({ rho, deltaSelection: 0 }, delta), rho });
  return { persons: persons.size, otherPersons: otherPersons.size, common: common.size, charged };
}

async function smallestDelta(
  kitchen: Kitchen,
  call: Call,
  of: readonly [AudienceRecord, AudienceRecord],
): Promise<number> {
  const [{ collaboration, row }] = of;
  const tables = new Set(of.flatMap((one) => JSON.parse(one.row.tables) as string[]));
  const bound = collaboration.bindings.filter((binding) => tables.has(`${binding.owner}.${binding.alias}`));
  const datasetIds = bound.map((binding) => binding.dataset_id);
  const accounts = await accountsOf(kitchen, collaboration, {
    datasetIds,
    consumers: [row.owner, call.principal.member],
  });
  return Math.min(...accounts.map((account) => account.deltaLimit));
}
