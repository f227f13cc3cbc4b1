import { cast, shopFront } from './cast.ts';
import { armShares, needs, segments } from './market.ts';

const shared = {
  version: 1,
  identity: 'email',
  aggregates: ['count', 'count-persons', 'sum', 'avg'],
  functions: 'standard',
  minGroupSize: 20,
  budget: { epsilon: 6, delta: 1e-6 },
  maxEpsilonPerQuestion: 3,
};

/** An audience is worth a shop front of its own from this size on. */
const MIN_AUDIENCE_PERSONS = 200;
const destinations = [`${cast.platform.member}/${shopFront}`];

/** The platform's rules on what people look at. */
export const shoppersRules = {
  ...shared,
  rowsPerPerson: 1,
  maxGroupsPerPerson: 1,
  groupKeys: { need: { values: [...needs, 'none'] }, age_band: { values: ['18-24', '25-34', '35-44', '45+'] } },
  filters: [],
  measures: {},
  audience: { columns: ['need', 'age_band'], minSize: MIN_AUDIENCE_PERSONS, destinations },
};

/** The brand's rules on its orders. */
export const ordersRules = {
  ...shared,
  rowsPerPerson: 5,
  maxGroupsPerPerson: 4,
  groupKeys: { category: { values: [...needs] } },
  filters: ['ordered_on'],
  measures: { amount: { min: 0, max: 250, perPerson: { min: 0, max: 1000 } } },
  audience: { columns: ['category', 'ordered_on'], minSize: MIN_AUDIENCE_PERSONS, destinations },
};

const arms = Object.keys(armShares);
const audiences = segments.map(({ name }) => name);

/** The platform's rules on what its engine decided and what came of it: a person is in one audience, and so in one arm. */
export const eventsRules = {
  ...shared,
  rowsPerPerson: 4,
  maxGroupsPerPerson: 1,
  groupKeys: { arm: { values: arms }, audience: { values: audiences }, scene: { values: [shopFront] } },
  filters: ['kind'],
  measures: {},
};
