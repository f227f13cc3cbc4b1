import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { events, rulesDocument } from '../../test/support/tables.ts';
import type { TableColumn } from '../collaboration/table-view.ts';
import { readRules } from './read-rules.ts';
import { PERMITTABLE_AGGREGATES } from './rules.ts';

const schemaUrl = new URL('../../docs/rules.schema.json', import.meta.url);
const meetsSchema = new Ajv2020({ strict: true, allErrors: true }).compile(JSON.parse(readFileSync(schemaUrl, 'utf8')));

const catalogue: readonly TableColumn[] = [
  { name: 'sku', type: { kind: 'text' } },
  { name: 'shop', type: { kind: 'integer' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'category', type: { kind: 'text' } },
  { name: 'price', type: { kind: 'decimal', scale: 2 } },
];
const least = { version: 1, public: true, joinKeys: ['sku'], rowsPerKey: 1 };
const rich = {
  ...least,
  measures: { price: { min: 0, max: 5000 } },
  groupKeys: { category: { values: ['a', 'b'] } },
  functions: ['lower'],
};

const faultsOf = (document: unknown, columns = catalogue) => {
  const read = readRules(document, columns);
  return read.ok ? [] : read.faults;
};
const pathsOf = (document: unknown) => faultsOf(document).map((f) => f.path);

describe('the rules of a public table', () => {
  it('say on what it is joined and how often, and take nothing from the tables it is joined to', () => {
    const read = readRules(least, catalogue);
    expect(read.ok && read.rules).toEqual({
      version: 1,
      publicTable: { rowsPerKey: 1 },
      identity: '',
      joinKeys: ['sku'],
      rowsPerPerson: 1,
      groupKeys: {},
      filters: [],
      measures: {},
      aggregates: [...PERMITTABLE_AGGREGATES],
      functions: 'standard',
      minGroupSize: 10,
      maxGroupsPerPerson: 1,
      budget: { epsilon: 0, delta: 0 },
      maxEpsilonPerQuestion: 20,
      audience: null,
      threshold: null,
    });
  });

  it('keep what is known of the values', () => {
    const read = readRules(rich, catalogue);
    expect(read.ok && read.rules).toMatchObject({
      groupKeys: { category: { values: ['a', 'b'] } },
      measures: { price: { min: 0, max: 5000, perPerson: null } },
      functions: ['lower'],
    });
  });

  it('may name any columns as join keys, up to four together', () => {
    expect(pathsOf({ ...least, joinKeys: ['sku', 'shop', 'day', 'price'], rowsPerKey: 100 })).toEqual([]);
  });

  it('survive being stored', () => {
    const read = readRules(rich, catalogue);
    if (!read.ok) return expect.fail('the rules are refused');
    expect(JSON.parse(JSON.stringify(read.rules))).toEqual(read.rules);
  });

  it('are refused for a table that names persons: nobody can declare its protection away', () => {
    const faults = faultsOf({ ...least, joinKeys: ['category'] }, events.columns);
    expect(faults.map((f) => f.path)).toEqual(['/public']);
    expect(faults[0]?.message).toContain('`email`');
    expect(faultsOf({ ...least, joinKeys: ['email'] }, events.columns).map((f) => f.path)).toContain('/joinKeys/0');
  });
});

describe('the rules of a table of persons', () => {
  it('are refused for a table that names none', () => {
    const faults = faultsOf(rulesDocument({ joinKeys: ['sku'] }));
    expect(faults.map((f) => f.path)).toEqual(['/identity']);
    expect(faults[0]?.message).toContain('`public`');
  });
});

/** Faults that an editor with the schema shows too. */
const inSchema: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['another version', { version: 2 }, '/version'],
  ['an unknown field', { rowPerKey: 1 }, '/rowPerKey'],
  ['no rows a key', { rowsPerKey: 0 }, '/rowsPerKey'],
  ['more rows a key than reference data has', { rowsPerKey: 101 }, '/rowsPerKey'],
  ['half a row', { rowsPerKey: 1.5 }, '/rowsPerKey'],
  ['no join key', { joinKeys: [] }, '/joinKeys'],
  ['five join keys', { joinKeys: ['sku', 'shop', 'day', 'category', 'price'] }, '/joinKeys'],
  ['a join key named twice', { joinKeys: ['sku', 'sku'] }, '/joinKeys'],
  [
    'a total of a person',
    { measures: { price: { min: 0, max: 1, perPerson: { min: 0, max: 1 } } } },
    '/measures/price/perPerson',
  ],
  ['an identity', { identity: 'sku' }, '/identity'],
  ['rows a person', { rowsPerPerson: 1 }, '/rowsPerPerson'],
  ['filters', { filters: ['category'] }, '/filters'],
  ['aggregates', { aggregates: ['count'] }, '/aggregates'],
  ['a smallest group', { minGroupSize: 50 }, '/minGroupSize'],
  ['groups a person', { maxGroupsPerPerson: 1 }, '/maxGroupsPerPerson'],
  ['a budget', { budget: { epsilon: 1, delta: 1e-6 } }, '/budget'],
  ['an epsilon of a question', { maxEpsilonPerQuestion: 1 }, '/maxEpsilonPerQuestion'],
  ['an audience, even none', { audience: null }, '/audience'],
  ['exact aggregates, even none', { threshold: null }, '/threshold'],
];

/** Faults that only the reader can see, as they need the dataset's columns. */
const beyondSchema: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['a join key that no column has', { joinKeys: ['article'] }, '/joinKeys/0'],
  ['a group key that no column has', { groupKeys: { brand: {} } }, '/groupKeys/brand'],
  ['a measure that is no number', { measures: { category: { min: 0, max: 1 } } }, '/measures/category'],
  ['a minimum over the maximum', { measures: { price: { min: 2, max: 1 } } }, '/measures/price'],
];

describe('a fault in the rules of a public table', () => {
  it.each([...inSchema, ...beyondSchema])('is told with its path: %s', (_, overrides, path) => {
    const faults = faultsOf({ ...rich, ...overrides });
    expect(faults.map((f) => f.path)).toEqual([path]);
    expect(faults[0]?.message).toMatch(/^[a-z`].*[^.]$/);
  });

  it('is each field that is missing', () => {
    for (const needed of Object.keys(least).filter((field) => field !== 'public')) {
      const { [needed]: _, ...document } = rich as Record<string, unknown>;
      expect(pathsOf(document)).toEqual([`/${needed}`]);
      expect(meetsSchema(document), needed).toBe(false);
    }
  });

  it('is never an exception, whatever the document', () => {
    const fields = Object.keys({ ...rich, ...rulesDocument() }).filter((field) => field !== 'public');
    const anything = fc.record(Object.fromEntries(fields.map((field) => [field, fc.anything()])));
    fc.assert(
      fc.property(anything, (document) => {
        expect(() => readRules({ ...document, public: true }, catalogue)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('docs/rules.schema.json for a public table', () => {
  it('takes what the reader takes', () => {
    expect(meetsSchema(least)).toBe(true);
    expect(meetsSchema(rich)).toBe(true);
  });
  it.each(inSchema)('sees what the reader sees: %s', (_, overrides) => {
    expect(meetsSchema({ ...rich, ...overrides })).toBe(false);
  });
  it.each(beyondSchema)('leaves to the reader what needs the columns: %s', (_, overrides) => {
    expect(meetsSchema({ ...rich, ...overrides })).toBe(true);
  });
});
