import { collaborations } from '../../proto/index.ts';
import type { Principal } from './party.ts';

/** The two parties: a shopping platform and a brand that sells there. */
export const cast = {
  platform: { principal: 'he-operations', member: 'jiufang', role: 'platform' },
  brand: { principal: 'lin-marketing', member: 'nivea', role: 'brand' },
} as const satisfies Record<string, Principal>;

const { CONTRIBUTE, QUERY, ACTIVATE, AUDIT } = collaborations.Ability;

/** What each may do in the agreement. */
export const members: readonly collaborations.Member[] = [
  { member: cast.platform.member, abilities: [CONTRIBUTE, QUERY, AUDIT], acceptedAt: undefined },
  { member: cast.brand.member, abilities: [CONTRIBUTE, QUERY, ACTIVATE, AUDIT], acceptedAt: undefined },
];

/** The platform's strategy engine, by the name that rules and scenes know it under. */
export const shopFront = 'shop-front';
