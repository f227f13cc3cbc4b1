import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { planOf } from '../../test/support/run-plan.ts';
import { momentOf } from './calendar.ts';
import { type RowCondition, rowsNeeded } from './rows-needed.ts';

const anything = { atLeast: null, atMost: null, among: null };

/** Conditions that rows of each table must fulfil. */
async function neededBy(sql: string): Promise<Readonly<Record<string, readonly RowCondition[]>>> {
  const [aggregate] = (await planOf(sql)).aggregates;
  if (aggregate === undefined) return expect.fail('no aggregation');
  return Object.fromEntries(rowsNeeded(aggregate.rows));
}

describe('the rows that a question needs', () => {
  it.each([
    [`category = 'a'`, { ...anything, column: 'category', among: ['a'] }],
    [`'a' = category`, { ...anything, column: 'category', among: ['a'] }],
    [`not (day >= '2024-11-01')`, { ...anything, column: 'day', atMost: 20_027n }],
    [`category in ('a', 'b')`, { ...anything, column: 'category', among: ['a', 'b'] }],
    [`day >= '2024-11-01'`, { ...anything, column: 'day', atLeast: 20_028n }],
    [`day < date '1970-01-03'`, { ...anything, column: 'day', atMost: 1n }],
    ['amount > 2.5', { ...anything, column: 'amount', atLeast: 251n }],
    ['amount <= 3', { ...anything, column: 'amount', atMost: 300n }],
    ['3 > amount', { ...anything, column: 'amount', atMost: 299n }],
    ['category is not null', { ...anything, column: 'category' }],
  ])('are those with %s', async (condition, expected) => {
    expect(await neededBy(`select count(*) from market.events where ${condition}`)).toEqual({
      'market.events': [expected],
    });
  });

  it.each([
    `category <> 'a'`,
    `category not in ('a')`,
    `category = 'a' or category = 'b'`,
    'category is null',
    `upper(category) = 'A'`,
    'amount + 1 > 2',
    'amount > 2.555',
    `day >= '2024-11-01 10:00'`,
  ])('are all where the condition is more than a constant beside a column: %s', async (condition) => {
    expect(await neededBy(`select count(*) from market.events where ${condition}`)).toEqual({});
  });

  it('are found on both sides of a join, and in rows of a subquery', async () => {
    const own = `select email, count(*) as n from market.events where category = 'a' group by email`;
    const sql = `select count(*) from market.outcomes o join (${own}) s on o.email = s.email where o.visit = 1`;
    expect(await neededBy(sql)).toEqual({
      'market.events': [{ ...anything, column: 'category', among: ['a'] }],
      'market.outcomes': [{ ...anything, column: 'visit', among: [1n] }],
    });
  });

  it('are all on the left of a left join, whatever its condition says of them', async () => {
    const on = `o.email = e.email and o.visit = 1 and e.category = 'a'`;
    expect(await neededBy(`select count(*) from market.outcomes o left join market.events e on ${on}`)).toEqual({
      'market.events': [{ ...anything, column: 'category', among: ['a'] }],
    });
  });

  it('are all of a table that is read twice', async () => {
    const own = `select email from market.events where category = 'a'`;
    const sql = `select count(*) from market.events where category = 'b' and email in (${own})`;
    expect(await neededBy(sql)).toEqual({});
  });
});

describe('a date or a moment', () => {
  it('is read as the engine reads it', async () => {
    const texts = [
      ...['0001-01-01', '1582-10-10', '1600-02-29', '1900-03-01', '1969-12-31', '1970-01-01', '2000-02-29'],
      ...['2024-02-29', '2024-12-31', '2100-03-01', '9999-12-31'],
    ];
    const read = texts.map((text) => momentOf(text, 'date'));
    const days = texts.map((text) => `date_diff('day', DATE '1970-01-01', DATE '${text}')`);
    expect(read).toEqual((await runSql(`SELECT ${days.join(', ')}`))[0]?.map((n) => BigInt(Number(n))));
    const moments = ['1969-12-31 23:59:59.999999', '2024-02-29T07:08', '2024-02-29 07:08:09.1', '0001-01-01'];
    const micros = moments.map((text) => `epoch_us(TIMESTAMP '${text}')`);
    expect(moments.map((text) => momentOf(text, 'timestamp'))).toEqual(
      (await runSql(`SELECT ${micros.join(', ')}`))[0]?.map((n) => BigInt(Number(n))),
    );
  });

  it.each(['2023-02-29', '1900-02-29', '2024-13-01', '2024-00-10', '2024-01-32', '2024-01-00', '0000-01-01', 'today'])(
    'that is none is left to the engine: %s',
    (text) => {
      expect(momentOf(text, 'date')).toBeNull();
      expect(momentOf(text, 'timestamp')).toBeNull();
    },
  );

  it('with a time of day is no date, and one beyond the day no moment', () => {
    expect(momentOf('2024-01-01 00:00', 'date')).toBeNull();
    expect(momentOf('2024-01-01 24:00', 'timestamp')).toBeNull();
    expect(momentOf('2024-01-01 10:60', 'timestamp')).toBeNull();
  });
});
