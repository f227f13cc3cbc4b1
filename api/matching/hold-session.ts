import {
  drawPadding,
  estimateFromSample,
  type HiddenMatchPlan,
  type IdentifierKind,
  protect,
  RawGroups,
  sizeFromPoints,
  varianceOf,
} from '../../policies/index.ts';
import type { matching } from '../../proto/index.ts';
import { type DigestSample, type MatchStep, MULTIPLES_COUNT, type Seat } from '../../sandbox/index.ts';
import { openIdentifiers, preparePersons, type TableSnapshot } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, type Work } from '../kitchen/index.ts';
import { POINT_BYTES, type ReceivedPoints } from './received-points.ts';

type Answer = matching.EstimateMatchResponse;

/** Most points of a client: its own worker's minute and a half, and ours. */
export const MAX_OWN_COUNT = 500_000;
/** Most persons and padding of a table: a million and a half points, two minutes of multiplying on either side. */
const MAX_BASE_COUNT = 500_000;
/**
 * Longest session from its call on: the longest work of both sides, four times over. What a worker may have of processor
 * time ends its job before.
 */
const MAX_SESSION_MS = 3_600_000;
/** A sample by hashes is not exactly its share: at these sizes a tenth more is out of reach of chance. */
const SAMPLE_SLACK_RATIO = 1.1;

/** Thrown when a table is too large to be matched; by the number of its points, which is noisy and paid for. */
export class TableTooLarge extends Error {
  override name = 'TableTooLarge';
  /** One in so many would do. */
  readonly neededOneIn: number;

  constructor(pointCount: number, oneIn: number) {
    super('the table has too many persons to be matched');
    this.neededOneIn = Math.ceil((pointCount / (MAX_BASE_COUNT * MULTIPLES_COUNT)) * oneIn * SAMPLE_SLACK_RATIO);
  }
}

/** Bytes of points in one message. */
const PART_BYTES = 1_048_576;

/** One match without showing, after its charge. */
export interface Session {
  readonly call: Call;
  readonly collaborationId: string;
  /** The dataset that is matched. */
  readonly table: string;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly plan: HiddenMatchPlan;
  readonly identifier: IdentifierKind;
  readonly sample: DigestSample;
  readonly secret: Uint8Array;
  readonly ownCount: number;
  readonly seat: Seat;
}

/**
 * Holds a session: sends the table's points, takes them back with the client's own, counts, and adds the noise.
 *
 * Both jobs are workers of their own, and between them none waits: a client that takes its time, or goes away, holds up
 * nobody's question.
 */
export async function* holdSession(
  kitchen: Kitchen,
  session: Session,
  received: ReceivedPoints,
): AsyncGenerator<Answer, Omit<matching.MatchEstimate, 'charged'>> {
  const { call, seat, plan, sample } = session;
  const work = beginCallWork(kitchen, call, { maxMs: MAX_SESSION_MS, seat });
  const points = yield* hide(kitchen, session, work);
  const pointCount = points.byteLength / POINT_BYTES;
  yield { part: { $case: 'pointSet', value: { pointCount: BigInt(pointCount), remainder: sample.remainder } } };
  for (let from = 0; from < points.byteLength; from += PART_BYTES) {
    yield { part: { $case: 'points', value: Buffer.from(points.subarray(from, from + PART_BYTES)) } };
  }
  const raised = await received.list('raised', pointCount);
  if (raised.byteLength !== points.byteLength) throw new RangeError('points are missing');
  const own = await received.list('own', Math.min(session.ownCount, MAX_OWN_COUNT * SAMPLE_SLACK_RATIO));
  const both = yield* count(kitchen, session, { raised, own, work });
  const oneIn = BigInt(sample.oneIn);
  const theirs = sizeFromPoints(plan.padding, BigInt(pointCount / MULTIPLES_COUNT), oneIn);
  return { both, theirs: { ...theirs, persons: theirs.persons < 0n ? 0n : theirs.persons } };
}

async function* hide(kitchen: Kitchen, session: Session, work: Work): AsyncGenerator<Answer, Uint8Array> {
  const { collaborationId, table, snapshots, plan, identifier, sample, secret } = session;
  const snapshot = snapshots.get(table);
  if (snapshot === undefined) throw new Error('a match has a snapshot');
  const kinds = [identifier];
  const persons = await preparePersons(kitchen, collaborationId, [snapshot], work);
  const { personChunks, digestChunks } = openIdentifiers(kitchen, collaborationId, { snapshot, kinds, persons });
  const [digests] = digestChunks;
  if (digests === undefined) throw new Error('a match has digests');
  const padding = Number(drawPadding(plan.padding, kitchen.bits));
  const job = {
    secret,
    identifier,
    sample,
    padding,
    maxBaseCount: MAX_BASE_COUNT,
    personChunks,
    digestChunks: digests,
  };
  for await (const event of kitchen.wall.hidePoints(job, work.nextJob())) {
    if (event.kind === 'points') return event.points;
    if (event.total > MAX_BASE_COUNT * MULTIPLES_COUNT) throw new TableTooLarge(event.total, sample.oneIn);
    yield progress(event);
  }
  throw new Error('no points came');
}

async function* count(
  kitchen: Kitchen,
  { plan, secret, sample }: Session,
  { raised, own, work }: { raised: Uint8Array; own: Uint8Array; work: Work },
): AsyncGenerator<Answer, matching.ProtectedCount | undefined> {
  for await (const event of kitchen.wall.countMatches({ secret, raised, own }, work.nextJob())) {
    if (event.kind === 'step') yield progress(event);
    else return protectedCount(kitchen, plan, event.count, BigInt(sample.oneIn));
  }
  throw new ServiceError('RUN_FAILED', 'a count did not come');
}

/** The exact count goes no further than this line; what is under the least group is withheld as everywhere. */
function protectedCount(
  kitchen: Kitchen,
  { overlap }: HiddenMatchPlan,
  exact: bigint,
  oneIn: bigint,
): matching.ProtectedCount | undefined {
  const { rows } = protect(overlap, RawGroups.read(overlap, [[String(exact)]]), kitchen.bits);
  const [noisy] = rows[0] ?? [];
  const [variance] = overlap.noise;
  if (typeof noisy !== 'bigint' || variance === undefined) return undefined;
  return { ...estimateFromSample(noisy, varianceOf(variance), oneIn) };
}

function progress({ done, total }: MatchStep): Answer {
  return { part: { $case: 'progress', value: { done: BigInt(done), total: BigInt(total) } } };
}
