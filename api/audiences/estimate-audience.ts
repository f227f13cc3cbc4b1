import {
  type Charge,
  chargeOfEvents,
  checkSizeEpsilon,
  eventsOf,
  type PlannedAggregate,
  type PrivacyEvent,
  planAudienceSize,
  priceOf,
  recordOf,
  type SizeInputs,
  smallestSizeEpsilon,
} from '../../policies/index.ts';
import type { privacy } from '../../proto/index.ts';
import { accountsOf, costMessage } from '../collaborations/index.ts';
import { newestSnapshots } from '../datasets/index.ts';
import { accountBefore, accountsBefore, accountsNow } from '../decisions/index.ts';
import {
  findReleases,
  loggingRefusals,
  MAX_READING_MS,
  type RunPlace,
  releaseKey,
  releaseOnce,
  reserveBudget,
  showReleases,
  untilNextStep,
} from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, record, takeSeat } from '../kitchen/index.ts';
import { assertFewFailures, countFailure } from '../queries/index.ts';
import type { LedgerAccount } from '../store/index.ts';
import { type AudienceRecord, audienceRefused, type CheckedDefinition, checkStored } from './audience-record.ts';
import { type KeptSize, keepSize, latestSize } from './kept-sizes.ts';
import { SizeDecisions } from './size-decisions.ts';

/** Epsilon of a size when the caller names none: about thirty persons of noise. */
const DEFAULT_SIZE_EPSILON = 0.1;
/** Longest time of a size from its call on, so that the one failure comes before the end of the call. */
const MAX_SIZE_MS = 50_000;

/** A released size and what it cost. */
export interface SizedAudience extends CheckedDefinition {
  readonly size: KeptSize;
  /** What the size was taken from, by dataset. */
  readonly snapshots: RunPlace['snapshots'];
  readonly charged: privacy.PrivacyCost;
}

/**
 * Releases the protected size of an audience, charged like any question; the stored one while data and rules stay.
 *
 * With no epsilon named any size of the same definition serves: activation asks so, and costs nothing then.
 */
export async function estimateAudience(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  requestedEpsilon: number,
): Promise<SizedAudience> {
  const { audience_id: id, collaboration_id: collaboration } = audience.row;
  const subject: Record<string, string> = { audience: id };
  const refusal = { kind: 'audience-refused' as const, collaboration, subject };
  return await loggingRefusals(kitchen, call, refusal, async () => {
    const decisions = new SizeDecisions(kitchen, call, audience, subject);
    const sizing = await prepareSizing(kitchen, call, audience, { requestedEpsilon, decisions });
    const kept = requestedEpsilon === 0 ? await latestSize(kitchen, id, sizing.definitionKey) : null;
    const { checked, inputs, place } = sizing;
    if (kept !== null) return { checked, inputs, size: kept, snapshots: place.snapshots, charged: NOTHING };
    return await releaseSize(kitchen, call, audience, sizing);
  });
}

const NOTHING = costMessage({ epsilon: 0, delta: 0 });

/** What the noisy number of changed persons of a refresh was charged with. */
export interface ChargedChange {
  readonly sizeId: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly price: privacy.PrivacyCost;
  readonly events: readonly PrivacyEvent[];
}

/**
 * Charges for how many persons a refresh changes: as much as a size, since a person changes it by as much.
 *
 * @throws {ServiceError} BUDGET_SPENT, or AUDIENCE_REFUSED with every violation
 */
export async function chargeChange(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  refusal: Record<string, string>,
): Promise<ChargedChange> {
  const decisions = new SizeDecisions(kitchen, call, audience, refusal);
  const sizing = await prepareSizing(kitchen, call, audience, { requestedEpsilon: 0, decisions });
  await reserve(kitchen, call, audience, sizing);
  const { epsilon, delta, charge, events } = sizing;
  const price = costMessage({ ...priceOf(charge, delta), rho: charge.rho });
  return { sizeId: decisions.sizeId, epsilon, delta, price, events };
}

type SizedPlace = Omit<RunPlace, 'work'>;

interface Sizing extends CheckedDefinition {
  readonly sizeInputs: SizeInputs;
  readonly decisions: SizeDecisions;
  readonly accounts: readonly LedgerAccount[];
  readonly datasetIds: readonly string[];
  readonly plan: PlannedAggregate;
  readonly events: readonly PrivacyEvent[];
  readonly charge: Charge;
  readonly place: SizedPlace;
  readonly epsilon: number;
  readonly delta: number;
  readonly definitionKey: string;
}

async function prepareSizing(
  kitchen: Kitchen,
  call: Call,
  { row, collaboration }: AudienceRecord,
  { requestedEpsilon, decisions }: { readonly requestedEpsilon: number; readonly decisions: SizeDecisions },
): Promise<Sizing> {
  assertEpsilon(requestedEpsilon);
  const reading = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const { checked, inputs } = await checkStored(
    kitchen,
    { row, collaboration },
    reading,
    decisions.keepRefusedDefinition,
  );
  const datasetIds = checked.tables.map((t) => t.view.datasetId);
  const snapshots = await newestSnapshots(kitchen, row.collaboration_id, datasetIds);
  assertUploaded(checked, snapshots);
  const collaborationId = row.collaboration_id;
  const place = { collaborationId, consumer: row.owner, snapshots };
  const accounts = await accountsOf(kitchen, collaboration, {
    datasetIds,
    consumers: [row.owner, call.principal.member],
  });
  const delta = Math.min(...accounts.map((a) => a.deltaLimit));
  // Exact enough for the minimum it is held against, when the caller names none.
  const epsilon = requestedEpsilon || Math.max(DEFAULT_SIZE_EPSILON, smallestSizeEpsilon(checked, delta));
  const violations = checkSizeEpsilon(checked, epsilon, delta);
  const sizeInputs = {
    ...inputs,
    requestedEpsilon,
    defaultEpsilon: DEFAULT_SIZE_EPSILON,
    delta,
    accounts: accounts.map(accountBefore),
    isStored: false,
  };
  if (violations.length > 0) {
    await decisions.keep(kitchen.store.db, checked, { inputs: sizeInputs, kind: 'refused' });
    throw audienceRefused(violations);
  }
  const plan = planAudienceSize(checked, { epsilon, delta });
  // The definition over its snapshots and rules, whatever the price: any fixed noise names it.
  const definitionKey = releaseKey(planAudienceSize(checked, { epsilon: 1, delta: 1e-6 }), place);
  const events = eventsOf([plan]);
  const charge = chargeOfEvents(events);
  const decided = { checked, inputs, sizeInputs, decisions, accounts };
  return { ...decided, datasetIds, plan, events, charge, place, epsilon, delta, definitionKey };
}

function assertEpsilon(epsilon: number): void {
  if (Number.isFinite(epsilon) && epsilon >= 0) return;
  throw new ServiceError('INVALID_REQUEST', '`epsilon` must be a number of at least 0; 0 chooses one');
}

function assertUploaded({ tables }: CheckedDefinition['checked'], snapshots: RunPlace['snapshots']): void {
  const missing = tables.find((t) => !snapshots.has(t.view.datasetId));
  if (missing === undefined) return;
  const { member, alias } = missing.view;
  const message = `table \`${member}.${alias}\` has no data yet; ask \`${member}\` to upload a snapshot`;
  throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner: member } });
}

async function releaseSize(
  kitchen: Kitchen,
  call: Call,
  audience: AudienceRecord,
  sizing: Sizing,
): Promise<SizedAudience> {
  const { checked, plan, place, delta, definitionKey } = sizing;
  const key = releaseKey(plan, place);
  const reserveAndRun = async () => {
    await (isStored ? keepStored(kitchen, sizing) : reserve(kitchen, call, audience, sizing));
    return await run(kitchen, call, { plan, key, place: { ...place, work } });
  };
  const isStored = (await findReleases(kitchen, [key])).has(key);
  // Before the charge: once it is charged, a full line would be its failure.
  const seat = takeSeat(kitchen, call);
  const work = beginCallWork(kitchen, call, { maxMs: MAX_SIZE_MS, seat });
  const size = await reserveAndRun().finally(() => seat.leave());
  const price = isStored ? NOTHING : costMessage({ ...priceOf(sizing.charge, delta), rho: sizing.charge.rho });
  const { audience_id: id, collaboration_id: collaboration } = audience.row;
  await keepSize(kitchen, { audienceId: id, releaseKey: key, definitionKey, epsilon: sizing.epsilon, price, size });
  const shown = [key, ...plan.bounds.map((bounds) => releaseKey(bounds, place))];
  await showReleases(kitchen.store.db, shown, kitchen.nowMs());
  const facts = { rho: price.rho, mechanisms: recordOf(isStored ? [] : sizing.events) };
  const subject = { audience: id, ...sizing.decisions.subject, decidingCode: { ...kitchen.code }, ...facts };
  await record(kitchen, { kind: 'audience-estimated', call, collaboration, subject });
  return { checked, inputs: sizing.inputs, size, snapshots: place.snapshots, charged: price };
}

/** A stored release answers it: the decision is that there is nothing to charge. */
async function keepStored(kitchen: Kitchen, { decisions, checked, sizeInputs }: Sizing): Promise<void> {
  const { db } = kitchen.store;
  const inputs = { ...sizeInputs, isStored: true };
  await decisions.keep(db, checked, { inputs, kind: 'admitted', charge: chargeOfEvents([]) });
}

async function reserve(kitchen: Kitchen, call: Call, audience: AudienceRecord, sizing: Sizing): Promise<void> {
  const { charge, events, datasetIds, accounts, decisions, checked, sizeInputs } = sizing;
  await assertFewFailures(kitchen, call.principal.member);
  const reservation = {
    subject: `audience/${audience.row.audience_id}/${decisions.sizeId}`,
    datasetIds,
    actingFor: audience.row.owner,
    charge,
    events,
  };
  try {
    await reserveBudget(kitchen, call, audience.collaboration, reservation, async (db) => {
      const inputs = { ...sizeInputs, accounts: await accountsBefore(db, accounts, charge) };
      return { decision: await decisions.keep(db, checked, { inputs, kind: 'admitted', charge }) };
    });
  } catch (cause) {
    if (cause instanceof ServiceError && cause.code === 'BUDGET_SPENT') {
      const { db } = kitchen.store;
      const inputs = { ...sizeInputs, accounts: await accountsNow(db, accounts) };
      await decisions.keep(db, checked, { inputs, kind: 'budget-spent' });
    }
    throw cause;
  }
}

async function run(
  kitchen: Kitchen,
  call: Call,
  { plan, key, place }: { plan: PlannedAggregate; key: string; place: RunPlace },
): Promise<KeptSize> {
  const size = await sizeOrNull(kitchen, plan, key, place);
  await untilNextStep(call.receivedAtMs, kitchen.nowMs);
  // Whether the engine was faster than a caller that went away is nobody's to know: it has ended for neither.
  if (size !== null && !call.signal.aborted) return size;
  await countFailure(kitchen, call.principal.member);
  throw new ServiceError('RUN_FAILED', 'the size was not finished; its charge stays');
}

/** The size, or null for every cause that there is none. */
async function sizeOrNull(
  kitchen: Kitchen,
  plan: PlannedAggregate,
  key: string,
  place: RunPlace,
): Promise<KeptSize | null> {
  try {
    const { rows } = await releaseOnce(kitchen, plan, key, place);
    const [persons, ci95Low, ci95High] = rows[0] ?? [];
    if (typeof persons !== 'bigint' || typeof ci95Low !== 'bigint' || typeof ci95High !== 'bigint') {
      throw new TypeError('a size has three numbers');
    }
    return { persons, ci95Low, ci95High };
  } catch (cause) {
    kitchen.operatorLog.warn({ cause: cause instanceof Error ? cause.name : 'unknown' }, 'a size failed');
    return null;
  }
}
