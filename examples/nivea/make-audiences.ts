import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { audiences } from '../../proto/index.ts';
import { cast, shopFront } from './cast.ts';
import { type Need, needs, type Segment, segments } from './market.ts';
import type { Party } from './party.ts';
import { LAST_DAY } from './write-files.ts';

const POLL_MS = 200;
// Delivery is tried again until it succeeds; on one machine this is far more than it needs.
const DELIVERY_MS = 300_000;
/** Whoever ordered within a year is no new customer. */
const CUSTOMER_DAYS = 366;

/** An audience as it was published. */
export interface MadeAudience {
  readonly segment: Segment;
  readonly audienceId: string;
  /** Its protected size, with its interval. */
  readonly persons: number;
  readonly ci95: readonly [number, number];
}

const from = `${cast.platform.member}.shoppers`;
const needIs = (need: Need): object => ({ tag: `${cast.platform.member}/need`, eq: need });
const hasOrdered = { tag: `${cast.brand.member}/orders`, exists: true, when: { lastDays: CUSTOMER_DAYS } };

/**
 * Defines the eight audiences, publishes them, and waits until the engine has confirmed each.
 *
 * The new ones are rules over tags; the returning ones are put together from two audiences that are never published.
 */
export async function makeAudiences(brand: Party, collaborationId: string): Promise<readonly MadeAudience[]> {
  const define = (displayName: string, source: audiences.Definition['source']) =>
    defineAudience(brand, { collaborationId, displayName, source });
  const rule = (where: object) =>
    ({ $case: 'rule', value: JSON.stringify({ version: 1, from, asOf: LAST_DAY, where }) }) as const;
  const buyers = await define('buyers', rule(hasOrdered));
  const ofNeed = new Map<Need, string>();
  for (const need of needs) ofNeed.set(need, await define(`looks-for-${need}`, rule(needIs(need))));

  const made: { segment: Segment; audienceId: string }[] = [];
  for (const segment of segments) {
    const { name, need, custom } = segment;
    const both = { kind: audiences.CombinationKind.INTERSECTION, audienceIds: [ofNeed.get(need) ?? '', buyers] };
    const source =
      custom === 'new'
        ? rule({ and: [needIs(need), { not: hasOrdered }] })
        : ({ $case: 'combination', value: both } as const);
    const audienceId = await define(name, source);
    await activate(brand, audienceId);
    made.push({ segment, audienceId });
  }
  return await Promise.all(made.map((one) => confirmed(brand, one)));
}

async function defineAudience(
  brand: Party,
  of: { collaborationId: string; displayName: string; source: audiences.Definition['source'] },
): Promise<string> {
  const { collaborationId, displayName, source } = of;
  const definition = { source };
  const request = { collaborationId, displayName, definition, sql: '', onBehalfOf: '', requestId: randomUUID() };
  const { audience } = await brand.call(brand.audiences, brand.audiences.defineAudience, request);
  if (audience === undefined) throw new Error('the service answered without the audience');
  return audience.audienceId;
}

async function activate(brand: Party, audienceId: string): Promise<void> {
  const request = { audienceId, destinationId: shopFront, requestId: randomUUID(), plan: undefined };
  await brand.call(brand.audiences, brand.audiences.activateAudience, request);
}

async function confirmed(
  brand: Party,
  { segment, audienceId }: { segment: Segment; audienceId: string },
): Promise<MadeAudience> {
  const endsAtMs = performance.now() + DELIVERY_MS;
  for (;;) {
    const { audience } = await brand.call(brand.audiences, brand.audiences.getAudience, { audienceId });
    const state = audience?.activations.at(-1)?.state;
    if (audience?.size !== undefined && state === audiences.ActivationState.DELIVERED) {
      const { persons, ci95Low, ci95High } = audience.size;
      return { segment, audienceId, persons: Number(persons), ci95: [Number(ci95Low), Number(ci95High)] };
    }
    if (performance.now() > endsAtMs) throw new Error(`the strategy engine did not confirm \`${segment.name}\``);
    await sleep(POLL_MS);
  }
}
