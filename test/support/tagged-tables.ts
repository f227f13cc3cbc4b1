import type { TableColumn, TableView, Tag } from '../../policies/index.ts';
import { goodRules, rulesDocument } from './tables.ts';

const MOST_ROWS = 6;
/** The cities of people, which are no secret. */
const CITIES = ['Hangzhou', 'Shanghai', "Xi'an"];

function view(member: string, alias: string, columns: TableColumn[], rowsPerPerson: number): TableView {
  const named = columns.map(({ name }) => name).filter((name) => name !== 'email');
  const document = rulesDocument({
    rowsPerPerson,
    filters: named,
    groupKeys: alias === 'people' ? { city: { values: [...CITIES] } } : {},
    audience: { columns: named, minSize: 10, destinations: ['market/shop-front'] },
  });
  return {
    member,
    alias,
    datasetId: `ds-${alias}`,
    columns,
    identifiers: ['email'],
    rules: goodRules(document, columns),
  };
}

/** People of a platform, one row each. */
export const people = view(
  'market',
  'people',
  [
    { name: 'email', type: { kind: 'person' } },
    { name: 'city', type: { kind: 'text' } },
    { name: 'order', type: { kind: 'integer' } },
  ],
  1,
);

/** Purchases of a platform, many rows a person. */
export const purchases = view(
  'market',
  'purchases',
  [
    { name: 'email', type: { kind: 'person' } },
    { name: 'category', type: { kind: 'text' } },
    { name: 'day', type: { kind: 'date' } },
    { name: 'at', type: { kind: 'timestamp' } },
    { name: 'amount', type: { kind: 'decimal', scale: 2 } },
  ],
  MOST_ROWS,
);

/** Customers of a brand, one row each. */
export const customers = view(
  'brand',
  'customers',
  [
    { name: 'email', type: { kind: 'person' } },
    { name: 'vip', type: { kind: 'boolean' } },
    { name: 'score', type: { kind: 'double' } },
  ],
  1,
);

/** All of them. */
export const taggedTables: readonly TableView[] = [people, purchases, customers];

function tag(table: string, column: string, more: Partial<Tag> = {}): Tag {
  const [owner = ''] = table.split('.');
  const plain = { meaning: `the ${column}`, sensitivity: 'ordinary', dateColumn: null, price: 0, values: [] } as const;
  return { owner, name: column, table, column, ...plain, ...more };
}

/** A catalogue over these tables. */
export const tags: readonly Tag[] = [
  tag('market.people', 'city', { values: CITIES }),
  tag('market.people', 'order'),
  tag('market.purchases', 'category', { name: 'bought', dateColumn: 'day' }),
  tag('market.purchases', 'amount', { name: 'paid', dateColumn: 'at' }),
  tag('market.purchases', 'at', { name: 'seen' }),
  tag('market.purchases', 'day', { name: 'bought-on', sensitivity: 'personal' }),
  tag('brand.customers', 'vip', { sensitivity: 'sensitive', price: 0.2 }),
  tag('brand.customers', 'score'),
];
