import { collaborations } from '../../proto/index.ts';
import type { Bearer } from './service-tokens.ts';

const { CONTRIBUTE, QUERY, ACTIVATE, AUDIT } = collaborations.Ability;

/** Everybody on the stage; `outsider` is a brand that belongs to nothing. */
export const cast = {
  platform: { principal: 'he', member: 'jiufang', role: 'platform' },
  brand: { principal: 'lin', member: 'chenxi', role: 'brand' },
  isv: { principal: 'su', member: 'lantu', role: 'isv' },
  auditor: { principal: 'qiao', member: 'mingjing', role: 'auditor' },
  outsider: { principal: 'wu', member: 'waibu', role: 'brand' },
} as const satisfies Record<string, Bearer>;

/** One of them. */
export type Actor = keyof typeof cast;

/** The members of the agreement with what each may do. */
export const members: readonly collaborations.Member[] = [
  { member: cast.platform.member, abilities: [CONTRIBUTE, QUERY, ACTIVATE, AUDIT], acceptedAt: undefined },
  { member: cast.brand.member, abilities: [CONTRIBUTE, QUERY, ACTIVATE, AUDIT], acceptedAt: undefined },
];

/** The platform's strategy engine, by its name. */
export const destinationId = 'shop-front';

const shared = {
  version: 1,
  identity: 'email',
  rowsPerPerson: 1,
  aggregates: ['count', 'count-persons', 'sum', 'avg'],
  functions: 'standard',
  minGroupSize: 20,
  maxGroupsPerPerson: 1,
  budget: { epsilon: 20, delta: 1e-6 },
  maxEpsilonPerQuestion: 5,
};

/** A rules document; what a test names replaces what is here. */
export type RulesFields = Readonly<Record<string, unknown>>;

/** The platform's rules: cities may be grouped by, and their names are protected. */
export function outcomesRules(fields: RulesFields = {}): string {
  return JSON.stringify({
    ...shared,
    groupKeys: { city: {} },
    filters: ['visit'],
    measures: { visit: { min: 0, max: 1 }, spend: { min: 0, max: 200 } },
    audience: { columns: ['visit', 'city'], minSize: 300, destinations: [`${cast.platform.member}/${destinationId}`] },
    ...fields,
  });
}

/** The brand's rules: the names of the arms are no secret. */
export function mailingsRules(fields: RulesFields = {}): string {
  return JSON.stringify({
    ...shared,
    groupKeys: { arm: { values: ['mens', 'womens', 'control'] } },
    filters: ['tier'],
    measures: {},
    audience: { columns: ['arm', 'tier'], minSize: 200, destinations: [`${cast.platform.member}/${destinationId}`] },
    ...fields,
  });
}
