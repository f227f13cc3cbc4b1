import { strategy } from '../../proto/index.ts';
import { DestinationFailed, type DestinationSender } from '../destinations/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { batchesOf, type Spool } from './spool/index.ts';

const { KEPT, DONE, SUPERSEDED, NEEDS_FULL, START_AGAIN } = strategy.DeliveryOutcome;

/** How often one attempt begins anew where the destination says that something is missing. */
const MAX_ROUNDS_COUNT = 5;

/** A publication whose lists lie ready. */
export interface ReadyPublication extends Spool {
  readonly kind: 'full' | 'delta';
  /** Of a delta: the version it changes. */
  readonly baseVersion: number | null;
  readonly batchCount: number;
  readonly digest: Buffer;
  readonly madeAtMs: number;
}

/** How a publication ended at the destination. */
export type SentPublication =
  | { readonly kind: 'done'; readonly receipt: string }
  /** A version that we do not know of is in force there. */
  | { readonly kind: 'superseded' }
  /** What a delta changes is not in force there. */
  | { readonly kind: 'needs-full' };

/**
 * Sends a publication: begin, the batches that are missing, commit.
 *
 * Whatever was cut off, on either side, the destination itself says where to go on; what it has twice it takes once. So
 * nothing of the way need be remembered here.
 *
 * @throws {DestinationFailed} when it did not answer, or never had enough
 */
export async function sendPublication(
  kitchen: Kitchen,
  sender: DestinationSender,
  of: {
    readonly audienceId: string;
    readonly publication: ReadyPublication;
    readonly begin: strategy.PublicationBegin;
  },
  signal: AbortSignal,
): Promise<SentPublication> {
  const { publication, begin } = of;
  const { batchCount, digest } = publication;
  const send = async (part: strategy.Envelope['part']): Promise<strategy.DeliverResponse> =>
    await sender.send({ audienceId: of.audienceId, version: BigInt(publication.version), part }, signal);
  for (let round = 0; round < MAX_ROUNDS_COUNT; round += 1) {
    const begun = await send({ $case: 'begin', value: begin });
    const last =
      endOf(begun) ??
      (await sendBatches(kitchen, publication, begun.nextBatch, send)) ??
      endOf(await send({ $case: 'commit', value: { batchCount, digest } }));
    if (last !== null && last !== 'again') return last;
  }
  throw new DestinationFailed('destination-failed', 'INCOMPLETE');
}

async function sendBatches(
  kitchen: Kitchen,
  publication: ReadyPublication,
  nextBatch: number,
  send: (part: strategy.Envelope['part']) => Promise<strategy.DeliverResponse>,
): Promise<SentPublication | 'again' | null> {
  // A destination that says it misses a batch there is none of has all of them.
  for await (const value of batchesOf(kitchen, publication, Math.min(nextBatch, publication.batchCount))) {
    const end = endOf(await send({ $case: 'batch', value }));
    if (end !== null) return end;
  }
  return null;
}

/** What an answer ends; null when the next part is due. */
function endOf({ outcome, receipt }: strategy.DeliverResponse): SentPublication | 'again' | null {
  switch (outcome) {
    case KEPT:
      return null;
    case DONE:
      return { kind: 'done', receipt };
    case SUPERSEDED:
      return { kind: 'superseded' };
    case NEEDS_FULL:
      return { kind: 'needs-full' };
    case START_AGAIN:
      return 'again';
    default:
      throw new DestinationFailed('destination-failed', 'UNKNOWN_OUTCOME');
  }
}

/** Sends a withdrawal. @throws {DestinationFailed} */
export async function sendWithdrawal(
  sender: DestinationSender,
  of: { readonly audienceId: string; readonly version: number; readonly reason: string },
  signal: AbortSignal,
): Promise<SentPublication> {
  const part = { $case: 'withdrawal' as const, value: { reason: of.reason } };
  const answer = await sender.send({ audienceId: of.audienceId, version: BigInt(of.version), part }, signal);
  const end = endOf(answer);
  // A broker that keeps it has all that there is of it.
  if (end === null) return { kind: 'done', receipt: answer.receipt };
  if (end === 'again' || end.kind === 'needs-full')
    throw new DestinationFailed('destination-failed', 'UNKNOWN_OUTCOME');
  return end;
}
