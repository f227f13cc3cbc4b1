// A19, the parser differential: the check reads one question and the engine another, because they take a comment, a
// quote, a letter that looks like another, a line's end or a depth of nesting differently.
//
// The wall: there is one grammar, and what it read is printed anew from our own tree: nothing submitted is passed on.
// What is printed, read again by the same grammar, names only tables, functions and literals of the plan.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedByNothing, printAggregate, printBounds, printOuter } from '../../policies/index.ts';
import { runSeed } from '../support/effort.ts';
import { parseSql } from '../support/engine.ts';
import { expectSame } from '../support/games.ts';
import { goldenQuestions } from '../support/golden-questions.ts';
import { verdictOn } from '../support/policy-assertions.ts';
import { partsOf } from '../support/printed-parts.ts';
import { planOf } from '../support/run-plan.ts';
import { tables } from '../support/tables.ts';

const LITERAL_COUNT = 300;
const plain = "select count(*) from market.outcomes where zip = 'a--b' and visit = 1";

/** What will run, without what the release is called. */
async function printedOf(sql: string): Promise<string> {
  const { aggregates } = await planOf(sql);
  return aggregates.map((a) => printAggregate(a).sql).join('\n');
}

describe('another spelling of one question', () => {
  it.each([
    [
      'comments',
      "select /* ; drop */ count(*) -- from x\nfrom market.outcomes where zip = 'a--b' /* ' */ and visit = 1",
    ],
    ['comments in comments', "select count(*) from market.outcomes /* a -- b */ where zip = 'a--b' and visit = 1 --"],
    ['case', "SELECT COUNT(*) FROM MARKET.Outcomes WHERE ZIP = 'a--b' AND Visit = 1"],
    ['quoted names', `select "count"(*) from "market"."outcomes" where "zip" = 'a--b' and "visit" = 1`],
    ['dollar quotes', 'select count(*) from market.outcomes where zip = $$a--b$$ and visit = 1'],
    ['tagged dollar quotes', 'select count(*) from market.outcomes where zip = $x$a--b$x$ and visit = 1'],
    ['escapes', "select count(*) from market.outcomes where zip = e'a\\x2d\\x2db' and visit = 1"],
    ['line ends', "select\r\ncount(*)\r\nfrom\tmarket.outcomes\fwhere\u000bzip = 'a--b' and visit = 1"],
    ['a no-break space', "select\u00a0count(*) from market.outcomes where zip = 'a--b' and visit = 1"],
    ['a byte-order mark', `\ufeff${plain}`],
    ['a semicolon', `${plain};`],
    ['semicolons', `${plain};;;`],
    ['brackets', "select (count(*)) from market.outcomes where (((zip = ('a--b')))) and ((visit) = (1))"],
  ])('runs as the same SQL, or is refused: %s', async (name, sql) => {
    const violations = await verdictOn(sql);
    if (violations.length === 0) expectSame(`A19 ${name}`, await printedOf(sql), await printedOf(plain));
    else
      expect(violations.every((v) => v.rule === 'statement-is-one-select' || v.rule === 'table-is-bound')).toBe(true);
  });
});

describe('a letter that looks like another', () => {
  it.each([
    'ѕelect count(*) from market.outcomes',
    'select сount(*) from market.outcomes',
    'select count(*) from mаrket.outcomes',
    'select count(*) from market․outcomes',
    'select count(*) from market.outcomes where vіsit = 1',
    'select count(*) from market.outcomes where ｖisit = 1',
    'select count(＊) from market.outcomes',
    'select count(*) from market.outcomes where visit ＝ 1',
    'select count(*) from market.outcomes； select 1',
    'select count(*) from market.outcomes where zip = ‘a’',
    'select count(*) from market.out\u200bcomes',
    'select ſum(spend) from market.outcomes',
    'select count(distinct emaıl) from market.outcomes',
    'select count(distinct EMAİL) from market.outcomes',
  ])('is another letter: %j', async (sql) => {
    expect(await verdictOn(sql)).not.toEqual([]);
  });
});

describe('a second statement', () => {
  it.each([
    `${plain}; select 1`,
    `${plain};\u00a0select 1`,
    `${plain} /* */; /* */ select 1 -- ;`,
    `select 1; ${plain}`,
    `;${plain};drop table x`,
    "select count(*) from market.outcomes where zip = '\\'; drop table x; --'",
    `begin; ${plain}`,
  ])('is not run behind the first: %s', async (sql) => {
    expect((await verdictOn(sql)).map((v) => v.rule)).toContain('statement-is-one-select');
  });
});

describe('a NUL, where the engine stops reading', () => {
  it.each([
    'select count(*) from market.outcomes\u0000 where visit = 1',
    `${plain}\u0000; drop table x`,
    `\u0000${plain}`,
    "select count(*) from market.outcomes where zip = 'a\u0000b'",
  ])('is refused, or less would run than was submitted: %j', async (sql) => {
    expect((await verdictOn(sql)).map((v) => v.rule)).toEqual(['statement-is-one-select']);
  });
});

describe('nesting', () => {
  const around = (open: string, inner: string, close: string, depth: number): string =>
    open.repeat(depth) + inner + close.repeat(depth);

  it.each([10, 100, 1_000, 10_000])('of %d levels is read or refused, and never ends the service', async (depth) => {
    for (const sql of [
      `select count(*) from market.outcomes where ${around('(', 'visit = 1', ')', depth)}`,
      `select count(*) from market.outcomes where ${around('not ', 'visit = 1', '', depth)}`,
      `select count(*) from market.outcomes where ${around('abs(', 'visit', ')', depth)} = 1`,
      `select count(*) from market.outcomes where ${'-'.concat(' ').repeat(depth)}visit = 1`,
      `select count(*) from market.outcomes where visit = 1${' + 1'.repeat(depth)}`,
      `select count(*) from market.outcomes where visit = 1${' and visit = 1'.repeat(depth)}`,
      around('select * from (', 'select count(*) from market.outcomes', ') s', depth),
      `select count(*) from market.outcomes where zip = ${around("'", 'a', "'", depth)}`,
      // The engine reads nested comments in the square of their depth: no deeper ones here.
      `select count(*) ${around('/*', '', '*/', Math.min(depth, 500))} from market.outcomes`,
      `select ${around('case when visit = 1 then ', '1', ' end', depth)} from market.outcomes`,
    ]) {
      const [once, again] = [await verdictOn(sql), await verdictOn(sql)];
      expect(again).toEqual(once);
    }
  });
});

describe('what is printed', () => {
  it(`holds each literal as it was submitted, and no table but those that are bound (seed ${runSeed})`, async () => {
    const unbroken = (t: string): boolean => t.isWellFormed() && !t.includes('\0');
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '-', ';', '/', '*', '\n', 'E', '\u2019'), maxLength: 12 }),
    );
    const bound = new Set(tables.map((t) => `${t.member}.${t.alias}`));
    let compared = 0;
    const isFaithful = async (literal: string): Promise<void> => {
      const sql = `select count(*) from market.outcomes where zip = '${literal.replaceAll("'", "''")}'`;
      if ((await verdictOn(sql)).length > 0) return;
      const { aggregates, outer } = await planOf(sql);
      const [aggregate] = aggregates;
      if (aggregate === undefined) return expect.fail('no aggregation');
      const parts = await partsOf(printAggregate(aggregate).sql);
      expect(parts.texts).toContain(literal);
      expect(parts.tables.filter((t) => !bound.has(t) && !['r', 'b', 'l', 'g', 'persons over'].includes(t))).toEqual(
        [],
      );
      expect((await parseSql(printOuter(outer))).ok).toBe(true);
      compared += 1;
    };
    await fc.assert(fc.asyncProperty(text.filter(unbroken), isFaithful), { numRuns: LITERAL_COUNT, seed: runSeed });
    // A check that refused the texts would leave nothing to hold.
    expect(compared).toBeGreaterThan(0.9 * LITERAL_COUNT);
  });

  it('is one statement of known functions for every golden question', async () => {
    for (const sql of goldenQuestions('allow')) {
      const { aggregates } = await planOf(sql);
      const printed = aggregates.flatMap((a) => [
        ...a.bounds.map((b) => printBounds(b).sql),
        printAggregate(boundedByNothing(a)).sql,
      ]);
      for (const text of printed) {
        const { functions, statements } = await partsOf(text);
        expect(statements).toBe(1);
        expect(functions.filter((name) => /read_|duckdb|pragma|glob|getenv|setting/i.test(name))).toEqual([]);
      }
    }
  });
});
