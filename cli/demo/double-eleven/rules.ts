import { cast, destinationId } from '../cast.ts';

const shared = {
  version: 1,
  identity: 'email',
  aggregates: ['count', 'count-persons', 'sum', 'avg'],
  functions: 'standard',
  minGroupSize: 50,
  budget: { epsilon: 6, delta: 1e-6 },
  maxEpsilonPerQuestion: 3,
};

/** The platform's rules on profiles: age may be grouped by, the size of the city may only be filtered by. */
export const profileRules = {
  ...shared,
  rowsPerPerson: 1,
  maxGroupsPerPerson: 1,
  groupKeys: { age_band: { values: ['18-24', '25-34', '35-44', '45-54', '55+'] }, gender: { values: ['f', 'm'] } },
  filters: ['city_tier'],
  measures: {},
  audience: {
    columns: ['age_band', 'gender'],
    minSize: 500,
    destinations: [`${cast.platform.member}/${destinationId}`],
  },
};

/** The platform's rules on events: a person counts with two hundred rows at most, and within bounds in each sum. */
export const eventRules = {
  ...shared,
  rowsPerPerson: 200,
  maxGroupsPerPerson: 5,
  groupKeys: { category: { values: ['beauty', 'shoes', 'phones', 'kitchen', 'toys', 'books'] } },
  filters: ['kind', 'event_at'],
  measures: {
    visit: { min: 0, max: 1, perPerson: { min: 0, max: 20 } },
    purchase: { min: 0, max: 1, perPerson: { min: 0, max: 5 } },
    spend: { min: 0, max: 500, perPerson: { min: 0, max: 2000 } },
  },
  audience: {
    columns: ['kind', 'category', 'event_at'],
    minSize: 500,
    destinations: [`${cast.platform.member}/${destinationId}`],
  },
};

/** The brand's rules on its members; what they were sent is no secret by name, so that the names cost nothing. */
export const memberRules = {
  ...shared,
  rowsPerPerson: 1,
  maxGroupsPerPerson: 1,
  groupKeys: { arm: { values: ['coupon', 'gift', 'control'] }, tier: { values: ['silver', 'gold', 'jade'] } },
  filters: ['joined'],
  measures: {},
  audience: { columns: ['arm', 'tier'], minSize: 500, destinations: [`${cast.platform.member}/${destinationId}`] },
};

/** The brand's rules on purchases in its own shops. */
export const orderRules = {
  ...shared,
  rowsPerPerson: 10,
  maxGroupsPerPerson: 4,
  groupKeys: { store: {} },
  filters: ['order_date'],
  measures: { amount: { min: 0, max: 1000, perPerson: { min: 0, max: 3000 } } },
};
