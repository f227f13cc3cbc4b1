import {
  type CheckedAudience,
  type PlannedAggregate,
  planAudienceSize,
  priceOf,
  varianceOf,
} from '../../policies/index.ts';
import type { privacy } from '../../proto/index.ts';
import { accountsOf, costMessage } from '../collaborations/index.ts';
import { newestSnapshots } from '../datasets/index.ts';
import { type RunPlace, releaseKey, reserveBudget, runAggregate, untilNextStep } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import { assertFewFailures, countFailure } from '../queries/index.ts';
import { type AudienceRecord, checkDefinition, sqlOf } from './audience-record.ts';

/** Epsilon of a size when the caller names none: about thirty persons of noise. */
const DEFAULT_SIZE_EPSILON = 0.1;
/** Smallest epsilon of a size. */
const MIN_SIZE_EPSILON = 0.01;
/** Longest time to count an audience. */
const SIZE_DEADLINE_MS = 50_000;

/** A released size and what it cost. */
export interface SizedAudience {
  readonly checked: CheckedAudience;
  readonly size: { readonly persons: bigint; readonly ci95Low: bigint; readonly ci95High: bigint };
  readonly charged: privacy.PrivacyCost;
}

/**
 * Releases the protected size of an audience, charged like any question; the stored one while data and rules stay.
 *
 * With no epsilon named any stored size of the same definition serves: activation asks so, and costs nothing then.
 */
export async function estimateAudience(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  requestedEpsilon: number,
): Promise<SizedAudience> {
  const { row, collaboration } = audience;
  const checked = await checkDefinition(kitchen, collaboration, sqlOf(kitchen, row));
  const datasetIds = checked.tables.map((t) => t.view.datasetId);
  const snapshots = await newestSnapshots(kitchen, datasetIds);
  assertUploaded(checked, snapshots);
  const place = { collaborationId: row.collaboration_id, snapshots, deadlineMs: SIZE_DEADLINE_MS, signal: call.signal };
  const accounts = await accountsOf(kitchen, collaboration, { datasetIds, consumer: call.principal.member });
  const delta = Math.min(...accounts.map((a) => a.deltaLimit));
  const any =
    requestedEpsilon === 0 ? await latestSize(kitchen, row.audience_id, baseKey(checked, place, delta)) : null;
  if (any !== null) return { checked, size: any, charged: costMessage({ epsilon: 0, delta: 0 }) };
  const epsilon = readEpsilon(requestedEpsilon);
  const plan = planAudienceSize(checked, { epsilon, delta });
  const key = releaseKey(plan, place);
  const stored = await storedSize(kitchen, key);
  if (stored !== null) return { checked, size: stored, charged: costMessage({ epsilon: 0, delta: 0 }) };
  await assertFewFailures(kitchen, call.principal.member);
  await reserveBudget(kitchen, call, collaboration, {
    subject: `audience/${row.audience_id}/${newId('size')}`,
    datasetIds,
    charge: plan.charge,
    mechanisms: [{ mechanism: 'discrete-gaussian', variances: plan.noise.map(varianceOf), rho: plan.charge.rho }],
  });
  const size = await release(kitchen, call, plan, place);
  await storeSize(kitchen, audience, {
    key: `${baseKey(checked, place, delta)}/${key}`,
    lookup: key,
    epsilon,
    plan,
    delta,
    size,
  });
  await record(kitchen, {
    kind: 'audience-estimated',
    call,
    collaboration: row.collaboration_id,
    subject: { audience: row.audience_id, rho: plan.charge.rho, variances: plan.noise.map(varianceOf) },
  });
  return { checked, size, charged: costMessage({ ...priceOf(plan.charge, delta), rho: plan.charge.rho }) };
}

function readEpsilon(epsilon: number): number {
  if (epsilon === 0) return DEFAULT_SIZE_EPSILON;
  if (Number.isFinite(epsilon) && epsilon >= MIN_SIZE_EPSILON) return epsilon;
  throw new ServiceError('INVALID_REQUEST', `\`epsilon\` must be a number of at least ${MIN_SIZE_EPSILON}`);
}

function assertUploaded(checked: CheckedAudience, snapshots: RunPlace['snapshots']): void {
  const missing = checked.tables.find((t) => !snapshots.has(t.view.datasetId));
  if (missing === undefined) return;
  const { member, alias } = missing.view;
  throw new ServiceError('NOT_ACCEPTED', `table \`${member}.${alias}\` has no data yet`, {
    metadata: { owner: member },
  });
}

async function release(
  kitchen: Kitchen,
  call: Call,
  plan: PlannedAggregate,
  place: RunPlace,
): Promise<SizedAudience['size']> {
  try {
    const { rows } = await runAggregate(kitchen, plan, place);
    const [persons, low, high] = rows[0] ?? [];
    if (typeof persons !== 'bigint' || typeof low !== 'bigint' || typeof high !== 'bigint') {
      throw new TypeError('a size has three numbers');
    }
    return { persons, ci95Low: low, ci95High: high };
  } catch (cause) {
    // One answer for every cause, as for questions.
    await countFailure(kitchen, call.principal.member);
    throw new ServiceError('RUN_FAILED', 'the size was not finished; its charge stays', { cause });
  } finally {
    await untilNextStep(call.receivedAtMs, kitchen.nowMs);
  }
}

/** Names a definition over its snapshots and rules, whatever the epsilon. */
function baseKey(checked: CheckedAudience, place: RunPlace, delta: number): string {
  return releaseKey(planAudienceSize(checked, { epsilon: 1, delta }), place);
}

async function latestSize(kitchen: Kitchen, audienceId: string, base: string): Promise<SizedAudience['size'] | null> {
  const row = await kitchen.store.db
    .selectFrom('audience_sizes')
    .selectAll()
    .where('audience_id', '=', audienceId)
    .where('cache_key', 'like', `${base}/%`)
    .orderBy('epsilon', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : sizeOf(row);
}

async function storedSize(kitchen: Kitchen, key: string): Promise<SizedAudience['size'] | null> {
  const row = await kitchen.store.db
    .selectFrom('audience_sizes')
    .selectAll()
    .where('cache_key', 'like', `%/${key}`)
    .executeTakeFirst();
  return row === undefined ? null : sizeOf(row);
}

function sizeOf(row: { persons: number; ci95_low: number; ci95_high: number }): SizedAudience['size'] {
  return { persons: BigInt(row.persons), ci95Low: BigInt(row.ci95_low), ci95High: BigInt(row.ci95_high) };
}

async function storeSize(
  kitchen: Kitchen,
  { row }: AudienceRecord,
  facts: {
    key: string;
    lookup: string;
    epsilon: number;
    plan: PlannedAggregate;
    delta: number;
    size: SizedAudience['size'];
  },
): Promise<void> {
  const price = priceOf(facts.plan.charge, facts.delta);
  await kitchen.store.db
    .insertInto('audience_sizes')
    .values({
      cache_key: facts.key,
      audience_id: row.audience_id,
      persons: Number(facts.size.persons),
      ci95_low: Number(facts.size.ci95Low),
      ci95_high: Number(facts.size.ci95High),
      epsilon: facts.epsilon,
      price_epsilon: price.epsilon,
      price_delta: price.delta,
      price_rho: facts.plan.charge.rho,
      released_at_ms: kitchen.nowMs(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
