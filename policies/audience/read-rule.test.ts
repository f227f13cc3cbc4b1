import { describe, expect, it } from 'vitest';
import { taggedTables, tags } from '../../test/support/tagged-tables.ts';
import { printRule } from './print-rule.ts';
import { readAudienceRule } from './read-rule.ts';

const scope = { tables: taggedTables, tags, today: '2026-03-01' };
const ruleOf = (where: unknown, more: object = {}) => ({ version: 1, from: 'market.people', where, ...more });

function sqlOf(where: unknown, more: object = {}): string {
  const read = readAudienceRule(ruleOf(where, more), scope);
  if (!read.ok) return expect.fail(JSON.stringify(read.faults));
  return printRule(read.rule).split('\nwhere ')[1] ?? '';
}

function pathsOf(document: unknown): readonly string[] {
  const read = readAudienceRule(document, scope);
  return read.ok ? [] : read.faults.map(({ path }) => path);
}

describe('a rule', () => {
  it.each([
    [{ tag: 'market/city', eq: "Xi'an" }, `where t."city" = 'Xi''an'`],
    [{ tag: 'market/order', in: [1, -2] }, 'where t."order" in (1, (-2))'],
    [{ tag: 'market/paid', between: [0.5, null] }, 'where t."amount" >= 0.5'],
    [{ tag: 'market/bought', exists: true }, 'where t."category" is not null'],
    [{ tag: 'brand/vip', eq: true }, 'where t."vip" = true'],
    [{ tag: 'market/bought-on', eq: '2026-02-28' }, `where t."day" = date '2026-02-28'`],
    [
      { tag: 'market/bought', eq: 'tea', when: { lastDays: 2 } },
      `t."day" >= date '2026-02-28' and t."day" <= date '2026-03-01'`,
    ],
    [{ tag: 'market/bought', eq: 'tea', when: { daysAgo: [1, null] } }, `t."day" <= date '2026-02-28'`],
    [
      { tag: 'market/paid', exists: true, when: { from: '2024-02-29', to: '2024-02-29' } },
      `t."at" >= timestamp '2024-02-29 00:00:00' and t."at" <= timestamp '2024-02-29 23:59:59.999999'`,
    ],
    [{ tag: 'market/bought', eq: 'tea', times: { atLeast: 3 } }, 'group by t."email" having count(*) >= 3'],
    [{ tag: 'market/bought', eq: 'tea', times: { atMost: 0 } }, 'person."email" not in (select'],
  ])('%j reads %s', (condition, part) => {
    expect(sqlOf(condition)).toContain(part);
  });

  it('counts days from its own day, where it names one', () => {
    const condition = { tag: 'market/bought', eq: 'tea', when: { lastDays: 1 } };
    expect(sqlOf(condition, { asOf: '2025-01-01' })).toContain(`t."day" >= date '2025-01-01'`);
  });

  it.each([
    [null, ['', '/version', '/from', '/where']],
    [ruleOf({ tag: 'market/city', eq: 'Hangzhou' }, { from: 'market.catalogue' }), ['/from']],
    [ruleOf({ tag: 'market/city', eq: 'Hangzhou' }, { asOf: '2026-02-29' }), ['/asOf']],
    [ruleOf({ tag: 'market/town', eq: 'Hangzhou' }), ['/where/tag']],
    [ruleOf({ tag: 'market/city', eq: 'hangzhou' }), ['/where/eq']],
    [ruleOf({ tag: 'market/city', eq: 'Hangzhou', in: [] }), ['/where']],
    [ruleOf({ tag: 'market/city', between: ['a', 'b'] }), ['/where/between']],
    [ruleOf({ and: [] }), ['/where/and']],
    [ruleOf({ and: [{ not: { tag: 'market/order', eq: '1' } }] }), ['/where/and/0/not/eq']],
    [ruleOf({ or: [{ tag: 'market/order', in: [1, 1.5] }] }), ['/where/or/0/in/1']],
    [ruleOf({ tag: 'market/city', eq: 'Hangzhou', when: { lastDays: 3 } }), ['/where/when']],
    [ruleOf({ tag: 'market/bought', eq: 'tea', when: { lastDays: 0 } }), ['/where/when/lastDays']],
    [ruleOf({ tag: 'market/bought', eq: 'tea', when: { daysAgo: [9, 3] } }), ['/where/when/daysAgo']],
    [ruleOf({ tag: 'market/bought', eq: 'tea', when: { from: 'May' } }), ['/where/when/from']],
    [ruleOf({ tag: 'market/bought', eq: 'tea', times: {} }), ['/where/times']],
    [ruleOf({ tag: 'market/bought', eq: 'tea', times: { atLeast: 7 } }), ['/where/times/atLeast']],
    [ruleOf({ tag: 'market/bought', eq: 'tea', times: { atLeast: 3, atMost: 2 } }), ['/where/times']],
    [ruleOf({ tag: 'market/bought', eq: 'tea\0' }), ['/where/eq']],
    [ruleOf({ tag: 'market/city', eq: 'Hangzhou', drop: 1 }), ['/where/drop']],
    [ruleOf({ and: [{ tag: 'market/city', exists: false }, { tag: 7 }] }), ['/where/and/0/exists', '/where/and/1/tag']],
  ])('%j is refused at %j', (document, paths) => {
    expect(pathsOf(document)).toEqual(paths);
  });

  it('is refused where it is too deep or too wide to be read by people', () => {
    const leaf: object = { tag: 'market/order', eq: 1 };
    const deep = Array.from({ length: 16 }).reduce<object>((part) => ({ not: part }), leaf);
    expect(pathsOf(ruleOf(deep))).toEqual([`/where${'/not'.repeat(16)}`]);
    expect(pathsOf(ruleOf({ or: Array.from({ length: 65 }, () => leaf) }))).toEqual(['/where']);
  });
});
