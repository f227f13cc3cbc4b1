import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { events, rulesDocument } from '../../test/support/tables.ts';
import { readRules } from './read-rules.ts';

const schemaUrl = new URL('../../docs/rules.schema.json', import.meta.url);
const meetsSchema = new Ajv2020({ strict: true, allErrors: true }).compile(JSON.parse(readFileSync(schemaUrl, 'utf8')));

const columns = events.columns;
const rich = rulesDocument({
  rowsPerPerson: 20,
  groupKeys: { category: { values: ['a', 'b'] }, day: {} },
  filters: ['day'],
  measures: { amount: { min: 0, max: 100, perPerson: { min: 0, max: 300 } } },
  functions: ['lower'],
  audience: {
    columns: ['category'],
    minSize: 100,
    destinations: ['market/shop'],
    purposes: ['shop-front', 'cart'],
    blurred: { epsilon: 2 },
  },
  threshold: { dominanceRatio: 0.3, roundTo: 10, sumDigits: 2, stores: 'category' },
});

const pathsOf = (document: unknown): readonly string[] => {
  const read = readRules(document, columns);
  return read.ok ? [] : read.faults.map((f) => f.path);
};

describe('good rules', () => {
  it('are read with what was left out', () => {
    const read = readRules(
      {
        version: 1,
        identity: 'email',
        rowsPerPerson: 1,
        minGroupSize: 10,
        maxGroupsPerPerson: 1,
        budget: { epsilon: 1, delta: 1e-9 },
      },
      columns,
    );
    expect(read.ok && read.rules).toMatchObject({
      joinKeys: ['email'],
      groupKeys: {},
      filters: [],
      measures: {},
      aggregates: [],
      functions: 'standard',
      maxEpsilonPerQuestion: 1,
      audience: null,
      threshold: null,
    });
  });
  it('permit functions of ours, and scoring functions of a member one by one or all of them', () => {
    const functions = ['standard', 'lower', 'isv/churn_2', 'data-tools/*'];
    const read = readRules({ ...rich, functions }, columns);
    expect(read.ok && read.rules.functions).toEqual(functions);
    expect(meetsSchema({ ...rich, functions })).toBe(true);
  });

  it('permit each aggregate by its name', () => {
    const names = ['count', 'count-persons', 'count-distinct', 'sum', 'avg', 'variance', 'quantile'];
    const document = { ...rich, aggregates: names };
    const read = readRules(document, columns);
    expect(read.ok && read.rules.aggregates).toEqual(names);
    expect(meetsSchema(document)).toBe(true);
  });
  it('name sets of group keys that are planned for, or none, or leave them out', () => {
    for (const plannedGroups of [[['category'], ['day', 'category']], []]) {
      const document = { ...rich, plannedGroups };
      const read = readRules(document, columns);
      expect(read.ok && read.rules.plannedGroups).toEqual(plannedGroups);
      expect(meetsSchema(document)).toBe(true);
    }
    // Left out, the field is left out of the rules too: they are part of the names of stored releases.
    const read = readRules(rich, columns);
    expect(read.ok && Object.hasOwn(read.rules, 'plannedGroups')).toBe(false);
  });
  it('of a table of persons never make it public', () => {
    const read = readRules(rich, columns);
    expect(read.ok && read.rules.publicTable).toBeNull();
  });
  it('keep everything that they say', () => {
    const read = readRules(rich, columns);
    expect(read.ok && read.rules).toMatchObject({
      ...rich,
      groupKeys: { category: { values: ['a', 'b'] }, day: { values: null } },
    });
  });
});

describe('a column that is not there', () => {
  it('is answered with the columns that rules may name, and the identity is none of them', () => {
    const read = readRules(rulesDocument({ filters: ['age'] }), columns);
    const messages = read.ok ? [] : read.faults.map((f) => f.message);
    const others = columns.map((c) => c.name).filter((name) => name !== 'email');
    expect(messages).toEqual([`\`age\` is not a column; the columns are ${others.join(', ')}`]);
  });
});

/** Faults that only the reader can see, as they need the dataset's columns. */
const beyondSchema: readonly (readonly [string, Record<string, unknown>, string])[] = [
  [
    'a total of blurs that permits not even one',
    { audience: { columns: [], minSize: 50, blurred: { epsilon: 2, total: 1.9 } } },
    '/audience/blurred/total',
  ],
  ['an identity that is another column', { identity: 'category' }, '/identity'],
  ['a join key that is another column', { joinKeys: ['category'] }, '/joinKeys/0'],
  ['a group key that no column has', { groupKeys: { age: {} } }, '/groupKeys/age'],
  ['the identity as a group key', { groupKeys: { email: {} } }, '/groupKeys/email'],
  ['public values of a date', { groupKeys: { day: { values: ['2024-01-01'] } } }, '/groupKeys/day/values'],
  [
    'a planned key that is no group key',
    { groupKeys: { day: {} }, plannedGroups: [['category']] },
    '/plannedGroups/0/0',
  ],
  [
    'a planned key that is a fraction',
    { groupKeys: { amount: {} }, plannedGroups: [['amount']] },
    '/plannedGroups/0/0',
  ],
  [
    'a planned set in another order',
    {
      groupKeys: { day: {}, category: {} },
      plannedGroups: [
        ['day', 'category'],
        ['category', 'day'],
      ],
    },
    '/plannedGroups/1',
  ],
  ['a filter that no column has', { filters: ['day', 'age'] }, '/filters/1'],
  ['the identity as a filter', { filters: ['email'] }, '/filters/0'],
  ['a measure that is no number', { measures: { category: { min: 0, max: 1 } } }, '/measures/category'],
  ['a minimum over the maximum', { measures: { amount: { min: 2, max: 1 } } }, '/measures/amount'],
  ['bounds that leave nothing', { measures: { amount: { min: 0, max: 0 } } }, '/measures/amount'],
  [
    'a total with its minimum over its maximum',
    { measures: { amount: { min: 0, max: 1, perPerson: { min: 5, max: 1 } } } },
    '/measures/amount/perPerson',
  ],
  ['an audience column that no column has', { audience: { columns: ['age'], minSize: 50 } }, '/audience/columns/0'],
  ['a store column that no column has', { threshold: { stores: 'shop' } }, '/threshold/stores'],
  ['the identity as a store', { threshold: { stores: 'email' } }, '/threshold/stores'],
];

/** Faults that an editor with the schema shows too. */
const inSchema: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['another version', { version: 2 }, '/version'],
  ['an unknown field', { minGroupsize: 50 }, '/minGroupsize'],
  ['an unknown field of a measure', { measures: { amount: { min: 0, max: 1, mean: 0.5 } } }, '/measures/amount/mean'],
  ['no rows a person', { rowsPerPerson: 0 }, '/rowsPerPerson'],
  ['half a row', { rowsPerPerson: 1.5 }, '/rowsPerPerson'],
  ['a number in quotes', { minGroupSize: '50' }, '/minGroupSize'],
  ['a group of nine', { minGroupSize: 9 }, '/minGroupSize'],
  ['an epsilon over 20', { budget: { epsilon: 21, delta: 1e-6 } }, '/budget/epsilon'],
  ['an epsilon of nothing', { budget: { epsilon: 0, delta: 1e-6 } }, '/budget/epsilon'],
  ['a delta over one in a hundred thousand', { budget: { epsilon: 1, delta: 1e-4 } }, '/budget/delta'],
  ['a budget without delta', { budget: { epsilon: 1 } }, '/budget/delta'],
  ['an unknown aggregate', { aggregates: ['count', 'median'] }, '/aggregates/1'],
  ['an aggregate of another name', { aggregates: ['stddev'] }, '/aggregates/0'],
  ['an aggregate named twice', { aggregates: ['count', 'count'] }, '/aggregates'],
  ['a list that is none', { filters: 'day' }, '/filters'],
  ['planned groups that are no list', { plannedGroups: { day: {} } }, '/plannedGroups'],
  ['a planned set that is no list', { plannedGroups: ['day'] }, '/plannedGroups/0'],
  ['a planned set of nothing', { plannedGroups: [[]] }, '/plannedGroups/0'],
  ['a planned key named twice', { groupKeys: { day: {} }, plannedGroups: [['day', 'day']] }, '/plannedGroups/0'],
  ['a planned set named twice', { groupKeys: { day: {} }, plannedGroups: [['day'], ['day']] }, '/plannedGroups/1'],
  [
    'more planned sets than are kept',
    { plannedGroups: Array.from({ length: 5 }, (_, i) => [`k${i}`]), groupKeys: {} },
    '/plannedGroups',
  ],
  [
    'a planned set of too many keys',
    { plannedGroups: [Array.from({ length: 5 }, (_, i) => `k${i}`)], groupKeys: {} },
    '/plannedGroups/0',
  ],
  [
    'a destination without its owner',
    { audience: { columns: [], minSize: 50, destinations: ['shop'] } },
    '/audience/destinations/0',
  ],
  [
    'a purpose that nobody knows',
    { audience: { columns: [], minSize: 50, purposes: ['feed', 'anything'] } },
    '/audience/purposes/1',
  ],
  [
    'a total beyond which nothing is left',
    { audience: { columns: [], minSize: 50, blurred: { epsilon: 2, total: 1_001 } } },
    '/audience/blurred/total',
  ],
  ['a blur without its epsilon', { audience: { columns: [], minSize: 50, blurred: {} } }, '/audience/blurred/epsilon'],
  [
    'a blur that hides nobody',
    { audience: { columns: [], minSize: 50, blurred: { epsilon: 9 } } },
    '/audience/blurred/epsilon',
  ],
  ['join keys that are no list', { joinKeys: 'email' }, '/joinKeys'],
  ['an empty list of public values', { groupKeys: { category: { values: [] } } }, '/groupKeys/category/values'],
  ['group keys as a list', { groupKeys: ['category'] }, '/groupKeys'],
  ['a bound beyond reason', { measures: { amount: { min: 0, max: 1e13 } } }, '/measures/amount/max'],
  ['functions that are neither', { functions: 'all' }, '/functions'],
  ['a scoring function by its SQL name and a slash', { functions: ['isv/churn.v2'] }, '/functions/0'],
  ['a scoring function of nobody', { functions: ['standard', '/churn'] }, '/functions/1'],
  ['a scoring function without a name', { functions: ['isv/'] }, '/functions/0'],
  ['scoring functions of everybody', { functions: ['*/*'] }, '/functions/0'],
  ['some scoring functions of a member', { functions: ['isv/ch*'] }, '/functions/0'],
  ['an audience of anybody', { audience: { columns: [], minSize: 1 } }, '/audience/minSize'],
  ['too many groups a person', { maxGroupsPerPerson: 1_001 }, '/maxGroupsPerPerson'],
  ['public, but not so', { public: false }, '/public'],
  ['public, in so many words', { public: 'yes' }, '/public'],
  ['too much for one question', { maxEpsilonPerQuestion: 50 }, '/maxEpsilonPerQuestion'],
  ['a share that is everything', { threshold: { dominanceRatio: 1 } }, '/threshold/dominanceRatio'],
  ['rounding to whole persons', { threshold: { roundTo: 1 } }, '/threshold/roundTo'],
  ['sums without a digit', { threshold: { sumDigits: 0 } }, '/threshold/sumDigits'],
  ['several store columns', { threshold: { stores: ['category'] } }, '/threshold/stores'],
  ['threshold, in so many words', { threshold: true }, '/threshold'],
];

describe('a fault in rules', () => {
  it.each([...inSchema, ...beyondSchema])('is told with its path: %s', (_, overrides, path) => {
    const read = readRules({ ...rich, ...overrides }, columns);
    if (read.ok) return expect.fail('no fault is found');
    expect(read.faults.map((f) => f.path)).toContain(path);
    for (const { message } of read.faults) {
      expect(message).toMatch(/^[a-z`]/);
      expect(message).not.toMatch(/\.$/);
    }
  });

  it.each([null, undefined, 7, 'rules', [], [rich], true])('is that %j is no document', (document) => {
    expect(pathsOf(document)).toContain('');
  });

  it('is told along with all the others', () => {
    const faulty = { ...rich, version: 3, rowsPerPerson: -1, filters: ['age'], budget: null };
    expect(pathsOf(faulty)).toEqual(expect.arrayContaining(['/version', '/rowsPerPerson', '/filters/0', '/budget']));
  });

  it('is never an exception, whatever the document', () => {
    fc.assert(
      fc.property(
        fc.record({ ...Object.fromEntries(Object.keys(rich).map((k) => [k, fc.anything()])) }),
        (document) => {
          expect(() => readRules(document, columns)).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('docs/rules.schema.json', () => {
  it.each(inSchema)('sees what the reader sees: %s', (_, overrides) => {
    expect(meetsSchema({ ...rich, ...overrides })).toBe(false);
  });
  it.each(beyondSchema)('leaves to the reader what needs the columns: %s', (_, overrides) => {
    expect(meetsSchema({ ...rich, ...overrides })).toBe(true);
  });
  it('takes whatever the reader takes', () => {
    expect(meetsSchema(rich)).toBe(true);
    const optional = [
      'groupKeys',
      'filters',
      'measures',
      'aggregates',
      'functions',
      'maxEpsilonPerQuestion',
      'audience',
    ];
    for (const left of optional) {
      const { [left]: _, ...document } = rich;
      expect(pathsOf(document), left).toEqual([]);
      expect(meetsSchema(document), left).toBe(true);
    }
    for (const needed of ['version', 'identity', 'rowsPerPerson', 'minGroupSize', 'maxGroupsPerPerson', 'budget']) {
      const { [needed]: _, ...document } = rich;
      expect(pathsOf(document), needed).not.toEqual([]);
      expect(meetsSchema(document), needed).toBe(false);
    }
  });
  it('takes nothing that the reader refuses for its shape, in documents drawn at random', () => {
    const field = fc.constantFrom(...Object.keys(rich).filter((name) => name !== 'identity'));
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.constant(null),
      fc.constant([]),
      fc.constant({}),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(field, value, (name, found) => {
        const document = { ...rich, [name]: found };
        const text = JSON.stringify(document);
        const parsed: unknown = JSON.parse(text);
        const faults = pathsOf(parsed).filter((path) => !path.startsWith('/groupKeys/') && !/\/\d+$/.test(path));
        expect(meetsSchema(parsed), text).toBe(faults.length === 0);
      }),
      { numRuns: 500 },
    );
  });
});
