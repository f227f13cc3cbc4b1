import { cast, destinationId } from '../cast.ts';

const shared = {
  version: 1,
  identity: 'email',
  rowsPerPerson: 1,
  aggregates: ['count', 'count-persons', 'sum', 'avg'],
  functions: 'standard',
  minGroupSize: 50,
  maxGroupsPerPerson: 1,
  budget: { epsilon: 6, delta: 1e-6 },
  maxEpsilonPerQuestion: 3,
};

const flag = { min: 0, max: 1 };

/**
 * The platform's rules on its customers: grouping by spending history and channel, the place of living as a filter
 * only.
 */
export const customerRules = {
  ...shared,
  groupKeys: { history_segment: {}, channel: { values: ['Phone', 'Web', 'Multichannel'] } },
  filters: ['zip_code', 'newbie', 'recency_months'],
  measures: { history_usd: { min: 0, max: 1000 } },
};

/** The platform's rules on outcomes: sums within bounds, and visits and purchases usable to choose an audience. */
export const outcomeRules = {
  ...shared,
  groupKeys: {},
  filters: ['visit', 'conversion'],
  measures: { visit: flag, conversion: flag, spend_usd: { min: 0, max: 500 } },
  audience: {
    columns: ['visit', 'conversion'],
    minSize: 500,
    destinations: [`${cast.platform.member}/${destinationId}`],
  },
};

/** The brand's rules on its campaign; the three arms are no secret, so that their names cost nothing. */
export const campaignRules = {
  ...shared,
  groupKeys: { arm: { values: ['mens_email', 'womens_email', 'control'] } },
  filters: ['bought_mens', 'bought_womens'],
  measures: { bought_mens: flag, bought_womens: flag },
  audience: {
    columns: ['arm', 'bought_mens', 'bought_womens'],
    minSize: 500,
    destinations: [`${cast.platform.member}/${destinationId}`],
  },
};
