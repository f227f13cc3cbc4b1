// A20, a predicate that the engine moves: the question filters a person out and computes something dangerous on those
// who are left; the optimizer is free to compute first and to filter then. If the computation fails on the row that was
// filtered out, the failure tells that the row is there (the leaky views of PostgreSQL).
//
// The wall: every expression is total, so that it does not matter in which order the engine takes them. A row that the
// question leaves out changes neither the answer nor whether there is one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TableView } from '../../policies/index.ts';
import { effortOf, runSeed } from '../support/effort.ts';
import { runSql } from '../support/engine.ts';
import { expectSame } from '../support/games.ts';
import { loadTable, type TestRows } from '../support/load-table.ts';
import { randomQuestion } from '../support/random-questions.ts';
import { campaign, events, outcomes, tables } from '../support/tables.ts';
import { wide, wideRow } from '../support/wide-table.ts';
import { type Contents, type World, worldOf } from '../support/worlds.ts';

const all = [...tables, wide];

const others: TestRows = Array.from({ length: 200 }, (_, i) =>
  wideRow(String(i), {
    n: String(i % 9),
    m: '2',
    d: '1',
    x: '1',
    label: "'7'",
    flag: 'true',
    day: "'2024-01-01'",
    moment: "'2024-01-01'",
  }),
);
/** One who makes every computation fail that can fail, and whom `flag` leaves out. */
const poison = (flag: string): TestRows[number] =>
  wideRow('4711', {
    n: '9223372036854775807',
    m: '0',
    d: '99999999999999.9999',
    x: "'nan'::double",
    label: "'ana@example.com'",
    flag,
    day: "'infinity'",
    moment: "'290000-01-01 00:00:00'",
  });

const traps = [
  'n // m = 1',
  'n % m = 1',
  '10 / m > 1',
  'n + n > 0',
  '-n - 5 < 0',
  'n * n * n > 0',
  'd * d * d > 1',
  'cast(label as bigint) = 7',
  'cast(label as date) is null',
  'cast(x as bigint) = 1',
  'cast(n as decimal(4, 2)) > 0',
  'sqrt(0 - n) is null',
  'ln(m - 2) is null',
  'exp(n) > 1',
  'power(n, n) > 1',
  "date_trunc('month', moment) > day",
  "date_diff('hour', day, moment) = 0",
  'day + n > day',
  'length(left(label, n)) > 0',
];

/** The counts of questions over one world, which is loaded once; each with its question, for whoever reads a failure. */
async function exactOf(asked: readonly string[], tablesOf: readonly TableView[], contents: Contents) {
  for (const [view, rows] of contents) await loadTable(view, rows);
  const counted: (readonly [string, World['exact']])[] = [];
  for (const sql of asked) counted.push([sql, (await worldOf(sql, [], { tables: tablesOf })).exact]);
  return counted;
}

describe('a row that the question leaves out', () => {
  it.each(traps)('does not make it fail, nor change it: %s', async (trap) => {
    const asked = [
      `select count(*) from market.wide where flag and ${trap}`,
      `select count(*) from market.wide where ${trap} and flag`,
      `select count(*) from (select * from market.wide where flag) s where ${trap}`,
      `select count(*) from (select email, flag, ${trap} as t from market.wide) s where flag and t`,
      `select count(*) filter (where ${trap}) from market.wide where flag`,
      `select sum(case when flag then case when ${trap} then 1 else 0 end else 0 end) from market.wide where flag`,
    ];
    const present = await exactOf(asked, [wide], [[wide, [...others, poison('false')]]]);
    const absent = await exactOf(asked, [wide], [[wide, others]]);
    expectSame('A20 filtered out', present, absent, trap);
  });

  it('does not make it fail where a join leaves it out', async () => {
    const mailed: TestRows = Array.from({ length: 200 }, (_, i) => [String(i), "'gift'", 'true']);
    const asked = traps.map(
      (trap) => `select count(*) from market.wide w join brand.campaign c on w.email = c.email where ${trap}`,
    );
    const joinedWith = (rows: TestRows): Contents => [
      [wide, rows],
      [campaign, mailed],
    ];
    const present = await exactOf(asked, all, joinedWith([...others, poison('true')]));
    expectSame('A20 not joined', present, await exactOf(asked, all, joinedWith(others)));
  });
});

describe('an adversarial expression over poisoned rows', () => {
  it(`never fails, whatever it is (seed ${runSeed})`, async () => {
    const fate = async (sql: string): Promise<void> => {
      const contents = [
        [events, []],
        [outcomes, [['4711', '9223372036854775807', '9999999999999999.99', "'ana@example.com'", null]]],
        [campaign, [['4711', "'gift'", 'true']]],
      ] as const;
      for (const rows of [
        [poison('true')],
        [poison('false'), poison('null')],
        [...others.slice(0, 3), poison('true')],
      ]) {
        await expect(worldOf(sql, [[wide, rows], ...contents], { tables: all }), sql).resolves.toBeDefined();
      }
    };
    await fc.assert(fc.asyncProperty(randomQuestion, fate), { numRuns: effortOf(25, 60, 600), seed: runSeed });
  });

  it('would fail if the engine computed what was submitted: the attack works', async () => {
    await runSql('create or replace temp table naked as select 7 as n, $$ana@example.com$$ as label, false as flag');
    await expect(runSql('select count(*) from naked where cast(label as bigint) = 7')).rejects.toThrow(
      'ana@example.com',
    );
  });
});
