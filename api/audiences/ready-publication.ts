// What is sent under a version is decided and written down once; every attempt after that sends the same bytes.
import { checkDestination, isChangeLargeEnough, planAudienceSize } from '../../policies/index.ts';
import type { Blur } from '../../sandbox/index.ts';
import type { DestinationRow } from '../destinations/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { ActivationRow, AudienceRow } from './audience-record.ts';
import { blurOf, coinsOf } from './blur.ts';
import { countBlur } from './blur-account.ts';
import { fillSpool } from './fill-spool.ts';
import { HeldBack } from './held-back.ts';
import { asToBeSent, pendingRefreshOf } from './pending-refresh.ts';
import { type PermittedDelivery, permitDelivery } from './permit-delivery.ts';
import type { ReadyPublication } from './send-publication.ts';
import {
  countBatches,
  digestOfBatches,
  keepOnly,
  listBytes,
  openListWriter,
  PERSON_BYTES,
  readList,
  type Spool,
  splitDifference,
  TOKEN_BYTES,
} from './spool/index.ts';

/** What one attempt is about. */
export interface DeliveryPlace {
  readonly activation: ActivationRow;
  readonly audience: AudienceRow;
  readonly destination: DestinationRow;
  readonly signal: AbortSignal;
}

/** What is to be sent, or that too little has changed for it to be sent at all. */
export type Readied = ReadyPublication | 'too-small';

/**
 * Makes what is to be sent under the version of an activation, or finds what was made of it before.
 *
 * @throws {HeldBack} when what held at the acceptance holds no longer
 * @throws {WallError} when persons could not be selected
 */
export async function readyPublication(kitchen: Kitchen, place: DeliveryPlace): Promise<Readied> {
  const { activation, audience, destination, signal } = place;
  const sent = asToBeSent(activation);
  const permit = () => permitDelivery(kitchen, sent, { row: audience, destination, signal });
  const permitted = await permit();
  const spool = { activationId: activation.activation_id, version: activation.version };
  const made = await readMade(kitchen, spool);
  if (made !== undefined) return made;
  const base = await readBase(kitchen, activation.activation_id);
  // What an attempt that was cut off has left, and earlier versions that were never in force.
  await keepOnly(kitchen, ({ version }) => version === base?.version, activation.activation_id);
  const blur = await blurFor(kitchen, permitted, audience);
  await fillSpool(kitchen, { permitted, spool, blur, lane: activation.member, signal });
  if (base !== undefined && !(await isLargeEnough(kitchen, { activation, permitted, base, spool }))) return 'too-small';
  const publication = await compose(kitchen, { activation, base, spool });
  // To select may take minutes. What let it begin must still hold when it leaves.
  await permit();
  return publication;
}

/**
 * The coins of what is sent now; null when members are exact. After an erasure or an opt-out the rows are not those that it
 * was accepted for, so that it is counted here once more.
 *
 * @throws {HeldBack} when an owner lets no more be told
 */
async function blurFor(kitchen: Kitchen, permitted: PermittedDelivery, audience: AudienceRow): Promise<Blur | null> {
  const { checked, snapshots, to: destination, publication } = permitted;
  const { blurEpsilon: epsilon } = publication;
  if (epsilon === null) return null;
  const blurred = { audience, checked, snapshots, destination };
  const counted = await countBlur(kitchen, { ...blurred, publication }, false);
  if (checkDestination(checked, destination, counted).length > 0) throw new HeldBack('rules-refuse');
  return blurOf(kitchen, coinsOf({ ...blurred, epsilon }), epsilon);
}

async function readMade(kitchen: Kitchen, spool: Spool): Promise<ReadyPublication | undefined> {
  const row = await kitchen.store.db
    .selectFrom('spools')
    .selectAll()
    .where('activation_id', '=', spool.activationId)
    .where('version', '=', spool.version)
    .where('state', '=', 'made')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    ...spool,
    kind: row.kind,
    baseVersion: row.base_version,
    batchCount: row.batch_count,
    digest: Buffer.from(row.digest, 'hex'),
    madeAtMs: row.made_at_ms,
  };
}

/** A version that has arrived: what its destination said, and when it was made. */
export interface Arrived {
  readonly receipt: string;
  readonly madeAtMs: number;
}

/**
 * What was noted of this very version as in force, by an attempt that a death cut off before it could show; undefined when
 * it has not arrived. Its lists are gone or are the base of the next: nothing is made or sent of it again.
 */
export async function readArrived({ store }: Kitchen, activation: ActivationRow): Promise<Arrived | undefined> {
  const row = await store.db
    .selectFrom('spools')
    .select(['receipt', 'made_at_ms'])
    .where('activation_id', '=', activation.activation_id)
    .where('version', '=', activation.version)
    .where('state', '=', 'in-force')
    .executeTakeFirst();
  return row && { receipt: row.receipt, madeAtMs: row.made_at_ms };
}

/** What is in force at the destination; undefined when nothing is. */
async function readBase({ store }: Kitchen, activationId: string): Promise<Spool | undefined> {
  const row = await store.db
    .selectFrom('spools')
    .select('version')
    .where('activation_id', '=', activationId)
    .where('state', '=', 'in-force')
    .executeTakeFirst();
  return row && { activationId, version: row.version };
}

interface Changed {
  readonly activation: ActivationRow;
  readonly permitted: PermittedDelivery;
  readonly base: Spool;
  readonly spool: Spool;
}

/**
 * Whether enough has changed for a refresh to be sent.
 *
 * Whoever defined the audience may be shown what its members are shown, or know somebody who is: were every change sent,
 * a refresh after each row that changes would tell who is in. So a change must be as large as an audience, by a noisy
 * number of persons that the refresh was charged for; what is held back adds up until it is. What must be sent, as an
 * erasure, is no refresh.
 */
async function isLargeEnough(kitchen: Kitchen, { activation, permitted, base, spool }: Changed): Promise<boolean> {
  const pending = pendingRefreshOf(activation);
  if (pending === null || pending.isLargeEnough) return true;
  const ignore = async (): Promise<void> => {};
  const lists = { before: readList(kitchen, base, 'persons'), after: readList(kitchen, spool, 'persons') };
  const { addedCount, removedCount } = await splitDifference(lists, PERSON_BYTES, { added: ignore, removed: ignore });
  const { epsilon, delta } = pending;
  const smallest = Math.max(permitted.checked.minSize, permitted.destination.min_size);
  const size = planAudienceSize(permitted.checked, { epsilon, delta });
  const changedPersons = addedCount + removedCount;
  if (!isChangeLargeEnough(size, { changedPersons, smallest }, kitchen.bits)) return false;
  const drawn = { ...pending, isLargeEnough: true };
  await kitchen.store.db
    .updateTable('activations')
    .set({ pending_refresh: JSON.stringify(drawn) })
    .where('activation_id', '=', activation.activation_id)
    .where('version', '=', activation.version)
    .execute();
  return true;
}

async function compose(
  kitchen: Kitchen,
  of: { readonly activation: ActivationRow; readonly base: Spool | undefined; readonly spool: Spool },
): Promise<ReadyPublication> {
  const { activation, base, spool } = of;
  const isDelta =
    activation.mode === 'delta' && base !== undefined && (await listBytes(kitchen, base, 'members')) !== undefined;
  if (isDelta) await writeDelta(kitchen, base, spool);
  const kind = isDelta ? ('delta' as const) : ('full' as const);
  const batchCount = await countBatches(kitchen, { ...spool, kind });
  const digest = await digestOfBatches(kitchen, { ...spool, kind });
  const baseVersion = isDelta ? base.version : null;
  const madeAtMs = kitchen.nowMs();
  await kitchen.store.db
    .insertInto('spools')
    .values({
      activation_id: spool.activationId,
      version: spool.version,
      kind,
      base_version: baseVersion,
      batch_count: batchCount,
      digest: digest.toString('hex'),
      state: 'made',
      receipt: '',
      made_at_ms: madeAtMs,
    })
    .execute();
  return { ...spool, kind, baseVersion, batchCount, digest, madeAtMs };
}

async function writeDelta(kitchen: Kitchen, base: Spool, spool: Spool): Promise<void> {
  const added = await openListWriter(kitchen, spool, 'added');
  const removed = await openListWriter(kitchen, spool, 'removed');
  try {
    const lists = { before: readList(kitchen, base, 'members'), after: readList(kitchen, spool, 'members') };
    await splitDifference(lists, TOKEN_BYTES, { added: added.write, removed: removed.write });
    await added.finish();
    await removed.finish();
  } finally {
    await added.abandon();
    await removed.abandon();
  }
}
