import { randomBytes } from 'node:crypto';
import { matching } from '../../proto/index.ts';
import { type Conversation, callBothStreams, callUnary, runDeadlineMs, transferDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

/** A list of digests, and what it is to be matched with. */
export interface HiddenList {
  readonly collaborationId: string;
  /** `member.alias` of another member. */
  readonly withTable: string;
  /** The kind of identifier that the digests are of. */
  readonly identifier: string;
  /** 32 bytes each, no two alike. */
  readonly digests: readonly Uint8Array[];
  /** 0 for the service's default. */
  readonly epsilon: number;
  readonly onBehalfOf: string;
  /** Matches one identifier in so many. */
  readonly oneIn: number;
}

/** How far a match is: which side works, and how much of it is done. */
export interface MatchStage {
  readonly stage: 'service hides' | 'receiving' | 'multiplying' | 'sending' | 'service counts';
  readonly done: number;
  readonly total: number;
}

type Request = matching.EstimateMatchRequest;
type Talk = Conversation<Request, matching.EstimateMatchResponse>;

const PART_BYTES = 1_048_576;
const SECRET_BYTES = 32;
const POINT_BYTES = 32;

/** Calls of the matching chapter, each a promise. */
export class MatchClient {
  readonly #connection: Connection;
  readonly #client: matching.MatchServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new matching.MatchServiceClient(connection.address, connection.credentials);
  }

  /** Reports the overlap of two tables, or says what that would cost. */
  report(request: matching.ReportMatchRequest): Promise<matching.ReportMatchResponse> {
    const call = this.#client.reportMatch.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** What a match without showing would cost. */
  async price(list: HiddenList): Promise<matching.MatchPrice> {
    const talk = this.#talk();
    await talk.send(startOf(list, true));
    talk.end();
    for await (const { part } of talk.answers) if (part?.$case === 'price') return part.value;
    throw new Error('the service said no price');
  }

  /**
   * Estimates how many of the digests are in a table. The digests stay here: what is sent are points under a secret that
   * is made for this one session and forgotten after it.
   */
  async estimate(list: HiddenList, onStage: (stage: MatchStage) => void = () => {}): Promise<matching.MatchEstimate> {
    const talk = this.#talk();
    try {
      await talk.send(startOf(list, false));
      return await converse(talk, list, onStage);
    } catch (error) {
      talk.cancel();
      throw error;
    }
  }

  /** A session message by message: for whoever brings a client of another making. */
  talk(): Talk {
    return this.#talk();
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }

  #talk(): Talk {
    return callBothStreams(this.#connection, this.#client.estimateMatch.bind(this.#client), transferDeadlineMs);
  }
}

function startOf({ digests, ...list }: HiddenList, dry: boolean): Request {
  return { part: { $case: 'start', value: { ...list, ownCount: BigInt(digests.length), dry } } };
}

async function converse(
  talk: Talk,
  list: HiddenList,
  onStage: (stage: MatchStage) => void,
): Promise<matching.MatchEstimate> {
  const parts: Uint8Array[] = [];
  let byteCount = 0;
  let set: matching.PointSet | undefined;
  let hasAnswered = false;
  for await (const { part } of talk.answers) {
    if (part?.$case === 'progress') {
      const stage = hasAnswered ? 'service counts' : 'service hides';
      onStage({ stage, done: Number(part.value.done), total: Number(part.value.total) });
    } else if (part?.$case === 'pointSet') set = part.value;
    else if (part?.$case === 'points') {
      parts.push(part.value);
      byteCount += part.value.byteLength;
      const total = Number(required(set, 'point set').pointCount) * POINT_BYTES;
      onStage({ stage: 'receiving', done: byteCount, total });
      if (byteCount < total) continue;
      await answer(talk, list, { points: Buffer.concat(parts), set: required(set, 'point set'), onStage });
      hasAnswered = true;
    } else if (part?.$case === 'estimate') return part.value;
  }
  throw new Error('the service ended without an estimate');
}

async function answer(
  talk: Talk,
  { digests, identifier, oneIn }: HiddenList,
  of: { points: Uint8Array; set: matching.PointSet; onStage: (stage: MatchStage) => void },
): Promise<void> {
  const { hideOwn, raisePoints } = await import('./own-points.ts');
  // Here and not above: libsodium is loaded by those who match, and by no other command.
  const { isSampled, PointList, scalarFor } = await import('../../points/index.ts');
  // A point that came twice would be told from the others by its two answers.
  new PointList(of.points);
  const secret = scalarFor(randomBytes(SECRET_BYTES), 'client');
  const sample = { oneIn: Math.max(1, oneIn), remainder: of.set.remainder };
  const chosen = digests.filter((digest) => isSampled(digest, sample));
  const total = of.points.byteLength / POINT_BYTES + chosen.length;
  let done = 0;
  const onPoints = (count: number): void => {
    done += count;
    of.onStage({ stage: 'multiplying', done, total });
  };
  const raised = await raisePoints(of.points, secret, onPoints);
  const own = await hideOwn(chosen, { secret, identifier }, onPoints);
  const byteCount = raised.byteLength + own.byteLength;
  let sent = 0;
  for (const [$case, list] of [['raised', raised] as const, ['own', own] as const]) {
    for (let from = 0; from < list.byteLength; from += PART_BYTES) {
      const value = Buffer.from(list.subarray(from, from + PART_BYTES));
      await talk.send({ part: { $case, value } });
      sent += value.byteLength;
      of.onStage({ stage: 'sending', done: sent, total: byteCount });
    }
  }
  talk.end();
}
