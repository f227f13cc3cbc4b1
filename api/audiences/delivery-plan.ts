import { MAX_BLUR_EPSILON, MIN_BLUR_EPSILON } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { audiences as contract } from '../../proto/index.ts';
import { ServiceError } from '../grpc/index.ts';

const MS_PER_S = 1_000;
const NS_PER_MS = 1_000_000;

/** Shortest time between refreshes: each costs budget, and a day of them at most a few of it. */
const MIN_REFRESH_MS = 3_600_000;
/** Longest: a year. What is refreshed less often is published anew. */
const MAX_REFRESH_MS = 31_622_400_000;

/** How a publication is delivered, as it is kept. */
export interface ReadPlan {
  readonly mode: 'full' | 'delta';
  readonly refreshEveryMs: number | null;
  readonly expiresAtMs: number | null;
  readonly blurEpsilon: number | null;
}

/** Reads how a publication is to be delivered; all members once where nothing is said. @throws {ServiceError} INVALID_REQUEST */
export function readDeliveryPlan(plan: audiences.DeliveryPlan | undefined, nowMs: number): ReadPlan {
  return {
    mode: plan?.mode === contract.DeliveryMode.DELTA ? 'delta' : 'full',
    ...readSchedule(plan ?? {}, nowMs),
    blurEpsilon: plan?.deniability === undefined ? null : readBlurEpsilon(plan.deniability.epsilon),
  };
}

/** Reads when a publication is refreshed and when it ends. @throws {ServiceError} INVALID_REQUEST */
export function readSchedule(
  { refreshEvery, expiresAt }: Partial<Pick<audiences.DeliveryPlan, 'refreshEvery' | 'expiresAt'>>,
  nowMs: number,
): Pick<ReadPlan, 'refreshEveryMs' | 'expiresAtMs'> {
  const refreshEveryMs = refreshEvery === undefined ? null : msOf(refreshEvery);
  if (refreshEveryMs !== null && !(refreshEveryMs >= MIN_REFRESH_MS && refreshEveryMs <= MAX_REFRESH_MS)) {
    throw wrong('refresh_every', 'must be between an hour and a year; leave it out for never');
  }
  const expiresAtMs = expiresAt?.getTime() ?? null;
  if (expiresAtMs !== null && !(expiresAtMs > nowMs)) {
    throw wrong('expires_at', 'must lie ahead; to end a publication now, revoke it');
  }
  return { refreshEveryMs, expiresAtMs };
}

function readBlurEpsilon(epsilon: number): number {
  if (epsilon >= MIN_BLUR_EPSILON && epsilon <= MAX_BLUR_EPSILON) return epsilon;
  throw wrong('deniability', `has an epsilon between ${MIN_BLUR_EPSILON} and ${MAX_BLUR_EPSILON}`);
}

type Duration = NonNullable<audiences.DeliveryPlan['refreshEvery']>;

function msOf({ seconds, nanos }: Duration): number {
  return Number(seconds) * MS_PER_S + nanos / NS_PER_MS;
}

/** A time as the contract writes it. */
export function durationOf(ms: number): Duration {
  return { seconds: BigInt(Math.floor(ms / MS_PER_S)), nanos: (ms % MS_PER_S) * NS_PER_MS };
}

function wrong(field: string, rule: string): ServiceError {
  return new ServiceError('INVALID_REQUEST', `\`${field}\` ${rule}`);
}
