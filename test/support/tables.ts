import { type Rules, readRules, type ScalarType, type TableColumn, type TableView } from '../../policies/index.ts';

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
    aggregates: ['count', 'count-persons', 'sum', 'avg'],
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
  return { member, alias, datasetId: `ds-${alias}`, columns, identifier: 'email', rules };
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
    measures: { amount: { min: 0, max: 100, perPerson: { min: 0, max: 300 } } },
  },
);

/** All test tables. */
export const tables: readonly TableView[] = [outcomes, campaign, events];
