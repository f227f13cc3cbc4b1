import { collaborations } from '../../proto/index.ts';

/** Who plays in the story: a principal of a member in a role, as its token will say. */
export interface Actor {
  readonly principal: string;
  readonly member: string;
  readonly role: 'platform' | 'brand' | 'isv' | 'auditor';
}

/** The four parties; all names are invented. */
export const cast = {
  platform: { principal: 'he-operations', member: 'jiufang', role: 'platform' },
  brand: { principal: 'lin-marketing', member: 'chenxi', role: 'brand' },
  isv: { principal: 'su-analytics', member: 'lantu', role: 'isv' },
  auditor: { principal: 'qiao-audit', member: 'mingjing', role: 'auditor' },
} as const satisfies Record<string, Actor>;

const { CONTRIBUTE, QUERY, ACTIVATE, AUDIT } = collaborations.Ability;

/**
 * What each party may do. The service provider is no member of the agreement: it acts by the brand's grant alone. Nor
 * is the auditor: it reads the log, by the scope of its token.
 */
export const members: readonly collaborations.Member[] = [
  { member: cast.platform.member, abilities: [CONTRIBUTE, QUERY, AUDIT], acceptedAt: undefined },
  { member: cast.brand.member, abilities: [CONTRIBUTE, QUERY, ACTIVATE, AUDIT], acceptedAt: undefined },
];

/** The strategy engine of the platform, by the name that rules know it under. */
export const destinationId = 'shop-front';
