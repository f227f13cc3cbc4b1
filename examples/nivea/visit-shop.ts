import { readFileSync } from 'node:fs';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { decisions } from '../../proto/index.ts';
import { membershipToken } from '../strategy-engine/membership-token.ts';
import { shopFront } from './cast.ts';
import { type Arm, armShares, buys, type Shopper, segmentOf } from './market.ts';
import type { Stage } from './stage.ts';

/** Visitors who are in the shop at once: enough to keep the engine busy, few enough to be served in order. */
const VISITORS_AT_ONCE_COUNT = 64;
/** The contract takes a thousand events a call; two a visitor fit for a group of this size. */
const VISITORS_PER_GROUP_COUNT = 400;
/** One group in so many is recorded twice, as a shop does whose first call got no answer. */
const GROUPS_PER_REPEATED_COUNT = 5;
const CALL_MS = 60_000;
const { EXPOSURE, CONVERSION } = decisions.EventKind;

/** What came of the visits. */
export interface Visits {
  /** Members who were greeted as one of the audience that they are in. */
  readonly delivered: number;
  /** Members whom the shop did not know. */
  readonly lost: number;
  /** Visitors who were greeted as one of an audience that they are not in. */
  readonly mistaken: number;
  /** Visitors who are in no audience, and were treated so. */
  readonly strangers: number;
  /** The addresses of those who bought. */
  readonly buyers: ReadonlySet<string>;
  /** The addresses of all who were dealt to an arm. */
  readonly dealt: ReadonlySet<string>;
}

type Outcome = 'delivered' | 'lost' | 'mistaken' | 'strangers';
interface Visit {
  readonly outcome: Outcome;
  readonly events: readonly decisions.Event[];
  readonly isDealt: boolean;
  readonly isBuyer: boolean;
}

/** Lets everybody open the shop once: the engine decides by a token alone, and is told what was shown and bought. */
export async function visitShop(stage: Stage, seed: number, shoppers: readonly Shopper[]): Promise<Visits> {
  const key = Buffer.from(readFileSync(stage.tokenKeyPath, 'utf8'), 'hex');
  using shop = new Shop(stage.engine.address('decisions'));
  const counts: Record<Outcome, number> = { delivered: 0, lost: 0, mistaken: 0, strangers: 0 };
  const [buyers, dealt] = [new Set<string>(), new Set<string>()];
  for (let start = 0; start < shoppers.length; start += VISITORS_PER_GROUP_COUNT) {
    const group = shoppers.slice(start, start + VISITORS_PER_GROUP_COUNT);
    const visits = await atOnce(group, (shopper, index) => visit(shop, { shopper, person: start + index, key, seed }));
    for (const [index, { outcome, isDealt, isBuyer }] of visits.entries()) {
      counts[outcome] += 1;
      const email = group[index]?.email ?? '';
      if (isDealt) dealt.add(email);
      if (isBuyer) buyers.add(email);
    }
    const events = visits.flatMap((one) => one.events);
    await shop.record(events);
    const isRepeated = (start / VISITORS_PER_GROUP_COUNT) % GROUPS_PER_REPEATED_COUNT === 0;
    if (isRepeated) await shop.record(events);
  }
  return { ...counts, buyers, dealt };
}

async function visit(
  shop: Shop,
  { shopper, person, key, seed }: { shopper: Shopper; person: number; key: Buffer; seed: number },
): Promise<Visit> {
  const token = Buffer.from(membershipToken(key, 'email', shopper.email), 'base64url');
  const { strategy, audience, arm } = await shop.decide({ token, scene: shopFront });
  const segment = segmentOf(shopper);
  if (audience !== (segment?.name ?? '')) {
    return { outcome: audience === '' ? 'lost' : 'mistaken', events: [], isDealt: audience !== '', isBuyer: false };
  }
  if (segment === undefined) return { outcome: 'strangers', events: [], isDealt: false, isBuyer: false };
  if (!Object.hasOwn(armShares, arm))
    throw new Error(`the engine dealt an arm that the story does not know: \`${arm}\``);
  const isBuyer = buys(seed, person, segment, arm as Arm);
  const about = { token, scene: shopFront, strategy, atMs: 0n, value: 1 };
  const seen = { ...about, eventId: `seen-${person}`, kind: EXPOSURE };
  const bought = { ...about, eventId: `bought-${person}`, kind: CONVERSION };
  return { outcome: 'delivered', events: isBuyer ? [seen, bought] : [seen], isDealt: true, isBuyer };
}

/** The shop's connection to the engine. */
class Shop implements Disposable {
  readonly #client: decisions.DecisionServiceClient;

  constructor(address: string) {
    this.#client = new decisions.DecisionServiceClient(address, credentials.createInsecure());
  }

  decide(request: decisions.DecideRequest): Promise<decisions.DecideResponse> {
    return answered((settle) => this.#client.decide(request, new Metadata(), deadline(), settle));
  }

  async record(events: readonly decisions.Event[]): Promise<void> {
    if (events.length === 0) return;
    const request = { events: [...events] };
    await answered<decisions.RecordEventsResponse>((settle) =>
      this.#client.recordEvents(request, new Metadata(), deadline(), settle),
    );
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function deadline(): { deadline: number } {
  return { deadline: Date.now() + CALL_MS };
}

function answered<Answer>(call: (settle: (error: ServiceError | null, answer: Answer) => void) => unknown) {
  return new Promise<Answer>((resolve, reject) =>
    call((error, answer) => (error === null ? resolve(answer) : reject(error))),
  );
}

/** Does something for each, some at once, and answers in their order. */
async function atOnce<One, Answer>(
  all: readonly One[],
  work: (one: One, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < all.length; start += VISITORS_AT_ONCE_COUNT) {
    const some = all.slice(start, start + VISITORS_AT_ONCE_COUNT);
    answers.push(...(await Promise.all(some.map((one, index) => work(one, start + index)))));
  }
  return answers;
}
