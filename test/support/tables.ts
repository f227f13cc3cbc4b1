import { type Rules, readRules, type ScalarType, type TableColumn, type TableView } from '../../policies/index.ts';
import { SCORES_PERMITTED } from './scoring.ts';

const column = (name: string, kind: Exclude<ScalarType['kind'], 'decimal'>): TableColumn => ({ name, type: { kind } });

/** Rules of a test table: everything permitted that a test does not take away. */
export function rulesDocument(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: 1,
    identity: 'email',
    rowsPerPerson: 1,
    groupKeys: {},
    filters: [],
    measures: {},
    aggregates: ['count', 'count-persons', 'count-distinct', 'sum', 'avg', 'variance', 'quantile'],
    functions: 'standard',
    minGroupSize: 50,
    maxGroupsPerPerson: 1,
    budget: { epsilon: 8, delta: 1e-6 },
    maxEpsilonPerQuestion: 4,
    audience: null,
    ...overrides,
  };
}

/** Reads rules that a test knows to be good. */
export function goodRules(document: Record<string, unknown>, columns: readonly TableColumn[]): Rules {
  const read = readRules(document, columns);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.rules;
}

function view(member: string, alias: string, columns: TableColumn[], overrides: Record<string, unknown>): TableView {
  const rules = goodRules(rulesDocument(overrides), columns);
  return { member, alias, datasetId: `ds-${alias}`, columns, identifiers: ['email'], rules };
}

/** Outcomes of a mailing: one row a person. */
export const outcomes = view(
  'market',
  'outcomes',
  [
    column('email', 'person'),
    column('visit', 'integer'),
    { name: 'spend', type: { kind: 'decimal', scale: 2 } },
    column('zip', 'text'),
    column('secret_score', 'integer'),
  ],
  {
    filters: ['visit'],
    groupKeys: { zip: {} },
    measures: { visit: { min: 0, max: 1 }, spend: { min: 0, max: 500 } },
    functions: ['standard', 'isv/churn', 'isv/tier'],
    audience: { columns: ['visit'], minSize: 100, destinations: ['market/shop-front'] },
  },
);

/** Campaign of a brand: one row a person, with public arms. */
export const campaign = view(
  'brand',
  'campaign',
  [column('email', 'person'), column('arm', 'text'), column('mens', 'boolean')],
  {
    groupKeys: { arm: { values: ['gift', 'coupon', 'control'] }, mens: {} },
    audience: { columns: ['arm', 'mens'], minSize: 200, destinations: ['market/shop-front', 'market/feed'] },
  },
);

/** Events of a platform: many rows a person. */
export const events = view(
  'market',
  'events',
  [
    column('email', 'person'),
    column('category', 'text'),
    column('day', 'date'),
    { name: 'amount', type: { kind: 'decimal', scale: 2 } },
  ],
  {
    rowsPerPerson: 20,
    maxGroupsPerPerson: 3,
    groupKeys: { category: {}, day: {} },
    filters: ['amount'],
    functions: SCORES_PERMITTED,
    measures: { amount: { min: 0, max: 100, perPerson: { min: 0, max: 300 } } },
  },
);

/** Orders in shops: many rows a person, by an owner who permits exact aggregates too. */
export const orders = view(
  'market',
  'orders',
  [
    column('email', 'person'),
    column('city', 'text'),
    column('tier', 'text'),
    column('shop', 'text'),
    { name: 'amount', type: { kind: 'decimal', scale: 2 } },
  ],
  {
    rowsPerPerson: 20,
    maxGroupsPerPerson: 3,
    minGroupSize: 10,
    filters: ['shop'],
    groupKeys: { city: {}, tier: {} },
    measures: { amount: { min: 0, max: 10_000 } },
    threshold: { stores: 'shop' },
  },
);

const catalogueColumns = [
  column('category', 'text'),
  column('department', 'text'),
  { name: 'price', type: { kind: 'decimal', scale: 2 } } as const,
];

/** A public table: what each category belongs to. */
export const catalogue: TableView = {
  member: 'market',
  alias: 'catalogue',
  datasetId: 'ds-catalogue',
  columns: catalogueColumns,
  identifiers: [],
  rules: goodRules(
    { version: 1, public: true, joinKeys: ['category'], rowsPerKey: 1, measures: { price: { min: 0, max: 1000 } } },
    catalogueColumns,
  ),
};

/** All test tables. */
export const tables: readonly TableView[] = [outcomes, campaign, events, catalogue];
