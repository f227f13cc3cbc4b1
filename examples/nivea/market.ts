import { chanceOf, pickByShare } from './seeded-random.ts';

/** What a skin asks for, as the platform knows it from what people look at. */
export const needs = ['cleansing', 'oil-control', 'toning', 'moisturising'] as const;
/** One of them. */
export type Need = (typeof needs)[number];
/** Whether somebody has bought of the brand before. */
export type Custom = 'new' | 'returning';
/** The arms of the experiment in every audience, with their shares; the engine draws them. */
export const armShares = { routine: 0.4, offer: 0.4, 'hold-out': 0.2 } as const;
/** One of them. */
export type Arm = keyof typeof armShares;

/** One audience of the story. */
export interface Segment {
  readonly name: string;
  readonly need: Need;
  readonly custom: Custom;
  /** Of a hundred who see what everybody sees, so many buy. */
  readonly basePercent: number;
  /** So many more of a hundred buy with the content of an arm; this is what the measurement has to find. */
  readonly liftPercent: Readonly<Record<Arm, number>>;
}

/** Bases and lifts that were planted: most content works, one does nothing, and one drives people away. */
const planted: Readonly<Record<Custom, Readonly<Record<Need, readonly [number, number, number]>>>> = {
  new: { cleansing: [8, 9, 5], 'oil-control': [10, 14, 6], toning: [7, 4, 10], moisturising: [9, 7, 3] },
  returning: { cleansing: [18, 8, 12], 'oil-control': [20, 12, 4], toning: [16, 0, 0], moisturising: [22, -9, 5] },
};

/** The eight audiences. */
export const segments: readonly Segment[] = (['new', 'returning'] as const).flatMap((custom) =>
  needs.map((need) => {
    const [basePercent, routine, offer] = planted[custom][need];
    return { name: `${custom}-${need}`, need, custom, basePercent, liftPercent: { routine, offer, 'hold-out': 0 } };
  }),
);

/** Somebody who may open the shop. */
export interface Shopper {
  readonly email: string;
  /** Unset for those who never looked at skin care. */
  readonly need: Need | undefined;
  readonly ageBand: string;
  /** How often they have bought of the brand. */
  readonly orderCount: number;
}

const needShares = { cleansing: 0.26, 'oil-control': 0.22, toning: 0.2, moisturising: 0.24, none: 0.08 } as const;
const ageShares = { '18-24': 0.25, '25-34': 0.35, '35-44': 0.25, '45+': 0.15 } as const;
const BUYER_SHARE = 0.5;
const MOST_ORDERS_COUNT = 5;

/** The platform's shoppers. */
export function shoppersOf(seed: number, count: number): readonly Shopper[] {
  return Array.from({ length: count }, (_, person) => {
    const need = pickByShare(needShares, chanceOf(seed, 'need', person));
    const orders = 1 + Math.floor(chanceOf(seed, 'orders', person) * MOST_ORDERS_COUNT);
    return {
      email: `shopper${person}@example.com`,
      need: need === 'none' ? undefined : need,
      ageBand: pickByShare(ageShares, chanceOf(seed, 'age', person)),
      orderCount: chanceOf(seed, 'buyer', person) < BUYER_SHARE ? orders : 0,
    };
  });
}

/** The audience that somebody belongs to, as this market was made; the engine knows it from what was delivered alone. */
export function segmentOf({ need, orderCount }: Shopper): Segment | undefined {
  const custom = orderCount > 0 ? 'returning' : 'new';
  return segments.find((segment) => segment.need === need && segment.custom === custom);
}

/** Whether somebody of an audience buys, having seen the content of an arm. */
export function buys(seed: number, person: number, segment: Segment, arm: Arm): boolean {
  return chanceOf(seed, 'buys', person) * 100 < segment.basePercent + segment.liftPercent[arm];
}
