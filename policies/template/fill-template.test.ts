import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSql, readSql } from '../../test/support/engine.ts';
import { goodRules, rulesDocument } from '../../test/support/tables.ts';
import type { TableView } from '../collaboration/table-view.ts';
import { fillTemplate } from './fill-template.ts';
import { readTemplate } from './read-template.ts';
import { readValues, sampleFilling } from './read-values.ts';
import type { Template } from './template.ts';

/** Names that mean something else to the grammar, if they were written as they are. */
const words = ['day', 'select', 'from', 'date', 'n', '表'];
/** Names that would end a quote, open a comment or look like a blank. No question can name such a column. */
const oddNames = ['a"b', "a'b", 'a--b', '/*', '{{n}}', ' x '];

const columns = [
  { name: 'email', type: { kind: 'person' } } as const,
  ...[...words, ...oddNames].map((name) => ({ name, type: { kind: 'date' } }) as const),
];
const view: TableView = {
  member: 'market',
  alias: 'events',
  datasetId: 'ds-events',
  columns,
  identifiers: ['email'],
  rules: goodRules(rulesDocument(), columns),
};

const document = {
  galleyTemplate: 1,
  name: 'pack/every-kind',
  version: '1.0',
  kind: 'sql',
  title: 'every kind of blank',
  meaning: 'for tests',
  epsilon: 1,
  parameters: [
    { name: 'n', kind: 'integer', meaning: 'a number', min: -1_000, max: 1_000 },
    { name: 'x', kind: 'number', meaning: 'a number with digits', min: -5, max: 5, digits: 3 },
    { name: 't', kind: 'text', meaning: 'a text' },
    { name: 'd', kind: 'date', meaning: 'a day' },
    { name: 'b', kind: 'boolean', meaning: 'a switch' },
    { name: 'l', kind: 'list', of: 'text', meaning: 'texts' },
    { name: 'events', kind: 'table', meaning: 'a table' },
    { name: 'day', kind: 'column', of: 'events', holds: 'date', meaning: 'a column' },
  ],
  sql: [
    'select count(*) -{{n}} as n, sum(e.{{day}} - {{d}}) as s',
    'from {{events}} e',
    'where e.{{day}} >= {{d}} + interval {{n}} day',
    "and ({{b}} or e.city = {{t}}) and e.price*{{x}}>-{{x}} and e.kind not in {{l}} and '--' <> '/*'",
  ],
};

function good(changes: Record<string, unknown> = {}): Template {
  const read = readTemplate({ ...document, ...changes });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.template;
}

const anyText = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom("' or 1=1 --", "''", '"; drop table x', '*/', '/*', '{{n}}', '$$', "\\'", "'||email||'"),
  )
  .filter((text) => /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(text));
const anyDate = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));
const anyValues = fc.record({
  n: fc.integer({ min: -1_000, max: 1_000 }),
  x: fc.integer({ min: -5_000, max: 5_000 }).map((units) => (units / 1_000).toFixed(3)),
  t: anyText,
  d: anyDate,
  b: fc.boolean(),
  l: fc.array(anyText, { minLength: 1, maxLength: 5 }),
  events: fc.constant('market.events'),
  day: fc.constantFrom(...words),
});

/** A tree without its literals and the names that were filled in: what of a question no value may change. */
function shapeOf(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(shapeOf);
  if (typeof node !== 'object' || node === null) return typeof node === 'bigint' ? String(node) : node;
  const fields = node as Readonly<Record<string, unknown>>;
  if (fields.kind === 'literal') return { literal: (fields.value as { type: string }).type };
  if (fields.kind === 'column') return { column: (fields.path as string[]).length };
  if (fields.kind === 'table') return { table: true };
  const parts = Object.entries(fields).filter(([name]) => name !== 'at');
  return Object.fromEntries(
    parts.map(([name, part]) => [name, fields.kind === 'in' && name === 'list' ? 'values' : shapeOf(part)]),
  );
}

async function parsed(sql: string): Promise<unknown> {
  const read = await readSql(sql);
  if (!read.ok) return expect.fail(`${sql}\n${JSON.stringify(read.violations)}`);
  return shapeOf(read.value.query);
}

describe('a template that is filled in', () => {
  it('has the shape that was approved, whatever the values and the names of columns are', async () => {
    const template = good();
    const approved = await parsed(fillTemplate(template, sampleFilling(template)));
    await fc.assert(
      fc.asyncProperty(anyValues, async (values) => {
        const read = readValues(template, values, [view]);
        if (!read.ok) return expect.fail(JSON.stringify(read.faults));
        expect(await parsed(fillTemplate(template, read.filling))).toEqual(approved);
      }),
    );
  });

  it('has each value in it as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const template = good({ parameters: [document.parameters[2]], sql: 'select {{t}} as t' });
        const read = readValues(template, { t: text }, []);
        if (!read.ok) return expect.fail(JSON.stringify(read.faults));
        const tree = await readSql(fillTemplate(template, read.filling));
        if (!tree.ok) return expect.fail(JSON.stringify(tree.violations));
        const found = JSON.stringify(tree.value.query, (_, v) => (typeof v === 'bigint' ? String(v) : v));
        expect(found).toContain(`{"type":"text","value":${JSON.stringify(text)}}`);
      }),
    );
  });
});

describe('a name that is filled in', () => {
  it.each(oddNames)('is one name, also when it reads %s', async (day) => {
    const template = good({ parameters: document.parameters.slice(6), sql: 'select {{day}} from {{events}} e' });
    const read = readValues(template, { events: 'market.events', day }, [view]);
    if (!read.ok) return expect.fail(JSON.stringify(read.faults));
    const parse = await parseSql(fillTemplate(template, read.filling));
    expect(parse.ok && parse.tree).toContain(`"column_names":[${JSON.stringify(day)}]`);
  });
});

describe('a document', () => {
  const faultsOf = (changes: Record<string, unknown>) => {
    const read = readTemplate({ ...document, ...changes });
    return read.ok ? [] : read.faults.map(({ path }) => path);
  };
  const withSql = (sql: string) => faultsOf({ parameters: document.parameters.slice(0, 1), sql });

  it.each([
    ['a blank that is no parameter', 'select {{n}}, {{m}}'],
    ['a blank within quotes', "select '{{n}}', {{n}}"],
    ['a blank within a quoted name', 'select "{{n}}", {{n}}'],
    ['a blank beside a letter', 'select a{{n}}'],
    ['a blank beside a digit', 'select {{n}}1'],
    ['a blank beside a quote', "select 'a'{{n}}"],
    ['two blanks beside each other', 'select {{n}}{{n}}'],
    ['a value as part of a name', 'select a.{{n}}'],
    ['a number that is the place of a group key', 'select a, count(*) from t group by a, {{n}}'],
    ['a number that is the place of an order', 'select a from t order by {{n}}'],
    ['a number in parentheses that is the place of a group key', 'select a, b, count(*) from t group by a, (({{n}}))'],
    ['a number of several in parentheses', 'select a, b, count(*) from t group by rollup(a, {{n}})'],
    [
      'a place after a key that has an order of its own',
      'select a from t order by (select b from u order by b), {{n}}',
    ],
    ['a place after a key with a word in quotes', "select a from t order by a = 'limit', {{n}}"],
    ['a value as the name of rows', 'select a from t as {{n}}'],
    ['a comment', 'select {{n}} -- + 1'],
    ['a long comment', 'select {{n}} /* + 1 */'],
    ['quotes of dollars', 'select $${{n}}$$'],
    ['a text with escapes', "select e'\\'', {{n}}"],
    ['a quote that is not closed', "select 'a, {{n}}"],
    ['a second statement', 'select {{n}}; select 1'],
    ['a brace outside a blank', 'select {{n}} {'],
  ])('with %s is refused', (_, sql) => {
    expect(withSql(sql)).toContain('/sql');
  });

  it.each([
    ['after LIMIT', 'select a, b from t order by a, b limit {{n}}'],
    ['that a key is computed from', 'select a from t group by width_bucket(a, {{n}}, 9), (a + {{n}})'],
    ['after a key', "select a from t where a in (select b from u group by b) and a in ({{n}}, 1) and b <> 'order by'"],
  ])('with a number %s is taken', (_, sql) => {
    expect(withSql(sql)).toEqual([]);
  });

  it('with a number of no digits that is the place of a group key is refused', () => {
    const parameters = [{ name: 'n', kind: 'number', meaning: 'a number', min: 1, max: 9, digits: 0 }];
    expect(faultsOf({ parameters, sql: 'select a, b, count(*) from t group by {{n}}' })).toEqual(['/sql']);
  });

  it.each([
    [
      'as the name of rows',
      'select a.x from market.a a where exists (select 1 from {{events}} as {{day}} where a.x = 1)',
    ],
    ['as the name of rows without AS', 'select a.x from {{events}} {{day}}'],
    ['as the name of a column', 'select sum(e.x) as {{day}} from {{events}} e'],
    ['as the name of a query', 'with {{day}} as (select 1) select 1 from {{events}} e'],
    ['as the name of a query that is kept', 'with {{day}} as not materialized (select 1) select 1 from {{events}} e'],
  ])('with a name %s is refused', (_, sql) => {
    expect(faultsOf({ parameters: document.parameters.slice(6), sql })).toContain('/sql');
  });

  it('with a list elsewhere than after IN is refused', () => {
    expect(faultsOf({ sql: document.sql.join(' ').replace('not in {{l}}', '= {{l}}') })).toEqual(['/sql']);
  });

  it('with a parameter in no blank, or of a kind that nobody knows, is refused at its place', () => {
    const parameters = [...document.parameters, { name: 'more', kind: 'integer', meaning: 'unused' }];
    expect(faultsOf({ parameters })).toEqual(['/parameters/8']);
    expect(faultsOf({ parameters: [{ name: 'n', kind: 'sql', meaning: 'anything' }], sql: 'select 1' })).toContain(
      '/parameters/0/kind',
    );
  });

  it('with a default that its own parameter would not take is refused', () => {
    const parameters = [{ name: 'n', kind: 'integer', meaning: 'a number', min: 1, max: 9, default: 10 }];
    expect(faultsOf({ parameters, sql: 'select {{n}}' })).toEqual(['/parameters/0/default']);
  });

  it.each([
    ['that turns text round', '\u202e'],
    ['without a width', '\u200b'],
    ['that ends a line for some', '\u2028'],
  ])('with a character %s is refused, in its SQL and in its words', (_, hidden) => {
    const [line = '', ...lines] = document.sql;
    expect(faultsOf({ sql: [line, ...lines, `and e.kind <> 'a${hidden}b'`] })).toEqual(['/sql']);
    expect(faultsOf({ meaning: `safe${hidden}` })).toEqual(['/meaning']);
  });

  it('with a field that is not known is refused', () => {
    expect(faultsOf({ section: true })).toEqual(['/section']);
  });
});

describe('values', () => {
  const values = { n: 1, x: 1.5, t: 'a', d: '2024-02-29', b: true, l: ['a'], events: 'market.events', day: 'day' };
  const faultsOf = (changes: Record<string, unknown>) => {
    const read = readValues(good(), { ...values, ...changes }, [view]);
    return read.ok ? [] : read.faults.map(({ path }) => path);
  };

  it('of the right kinds are taken', () => {
    expect(faultsOf({})).toEqual([]);
  });

  it.each([
    ['a number over its end', { n: 1_001 }, '/n'],
    ['a fraction where none fits', { n: 1.5 }, '/n'],
    ['a text where a number belongs', { n: '1' }, '/n'],
    ['more digits than its parameter has', { x: '1.0001' }, '/x'],
    ['a number in powers of ten', { x: '1e0' }, '/x'],
    ['a number that is none', { x: Number.NaN }, '/x'],
    ['a text with a line break', { t: 'a\nb' }, '/t'],
    ['a text with a NUL', { t: 'a\u0000' }, '/t'],
    ['half a character', { t: '\ud800' }, '/t'],
    ['a day that does not exist', { d: '2023-02-29' }, '/d'],
    ['a date in other words', { d: 'tomorrow' }, '/d'],
    ['a switch in other words', { b: 'true' }, '/b'],
    ['an empty list', { l: [] }, '/l'],
    ['a list within a list', { l: [['a']] }, '/l/0'],
    ['a table that is not bound', { events: 'market.secrets' }, '/events'],
    ['a column that the table does not have', { day: 'nowhere' }, '/day'],
    ['a column of another kind', { day: 'email' }, '/day'],
    ['a value for no parameter', { m: 1 }, '/m'],
    ['nothing where there is no default', { n: undefined }, '/n'],
  ])('with %s are refused at their place', (_, changes, path) => {
    expect(faultsOf(changes)).toEqual([path]);
  });

  it('are taken from the defaults where none is given', () => {
    const template = good({
      parameters: [{ name: 'n', kind: 'integer', meaning: 'a number', default: 7 }],
      sql: 'select {{n}} as n',
    });
    const read = readValues(template, {}, []);
    expect(read.ok && fillTemplate(template, read.filling)).toBe('select 7 as n');
  });
});
