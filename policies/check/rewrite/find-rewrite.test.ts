import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSeed } from '../../../test/support/effort.ts';
import { assertAllows } from '../../../test/support/policy-assertions.ts';
import { randomQuestion } from '../../../test/support/random-questions.ts';
import { refusalWithRewrite } from '../../../test/support/refused.ts';
import { tables } from '../../../test/support/tables.ts';
import { wide } from '../../../test/support/wide-table.ts';
import { columnsOf } from '../../plan/outer-query.ts';
import { type Violation, violationCatalogue } from '../catalogue.ts';
import { findRewrite } from './find-rewrite.ts';
import { sqlTokens } from './sql-tokens.ts';

/** One slip of an analyst, made at a chosen place of an accepted question; `null` where there is no such place. */
interface Slip {
  readonly name: string;
  readonly make: (sql: string, choice: number) => string | null;
  /** Whether a question is promised that gives the same columns as before the slip. */
  readonly keepsColumns: boolean;
}

function changed(sql: string, pattern: RegExp, choice: number, by: (found: RegExpMatchArray) => string): string | null {
  const found = [...sql.matchAll(pattern)];
  const one = found[choice % Math.max(1, found.length)];
  return one === undefined ? null : sql.slice(0, one.index) + by(one) + sql.slice(one.index + one[0].length);
}

const slips: readonly Slip[] = [
  {
    name: 'a letter left out of a column',
    make: (sql, choice) =>
      changed(sql, /\b(?:category|amount|visit|spend)\b/g, choice, ([w]) => w.slice(0, -2) + w.slice(-1)),
    keepsColumns: true,
  },
  {
    name: 'a table without its member',
    make: (sql, choice) => changed(sql, /\b(?:market|brand)\.(?=\w+)/g, choice, () => ''),
    keepsColumns: true,
  },
  {
    name: 'letters of a table exchanged',
    make: (sql, choice) =>
      changed(sql, /\.(?:outcomes|events|campaign)\b/g, choice, ([w]) => `${w.slice(0, 2)}${w[3]}${w[2]}${w.slice(4)}`),
    keepsColumns: true,
  },
  { name: 'full-width commas', make: (sql, choice) => changed(sql, /,/g, choice, () => '，'), keepsColumns: true },
  {
    name: 'a clamp forgotten',
    make: (sql, choice) => changed(sql, /clamp\((e\.amount \/ 3), -1, 7\)/g, choice, ([, x]) => x ?? ''),
    keepsColumns: true,
  },
  {
    name: 'GROUP BY left out',
    make: (sql, choice) => changed(sql, / group by .*$/g, choice, () => ''),
    keepsColumns: false,
  },
  {
    name: 'a join on something else',
    make: (sql, choice) => changed(sql, /on [oc]\.email = [ec]\.email/g, choice, () => 'on true'),
    keepsColumns: true,
  },
  {
    name: 'a filter that is not permitted',
    make: (sql, choice) =>
      changed(sql, /where o\.visit = 1/g, choice, () => 'where o.visit = 1 and o.secret_score > 2'),
    keepsColumns: true,
  },
];

const views = [...tables, wide];
const RUN_COUNT = 150;

async function namesOf(sql: string): Promise<readonly string[]> {
  return columnsOf((await assertAllows(sql, { tables: views })).outer).map((c) => c.name);
}

describe('a query to write instead', () => {
  it(`passes the check, whatever slip was made in whatever question, with the columns meant (seed ${runSeed})`, async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(randomQuestion, fc.constantFrom(...slips), fc.nat(20), async (question, slip, choice) => {
        const damaged = slip.make(question, choice);
        if (damaged === null) return;
        const { violations, passing } = await refusalWithRewrite(damaged, { tables: views });
        if (violations.length === 0 || passing === null) return;
        const names = await namesOf(passing.sql);
        if (slip.keepsColumns) expect(names, `${damaged}\n${passing.sql}`).toEqual(await namesOf(question));
        expect(passing.changes.length).toBeGreaterThan(0);
        compared += 1;
      }),
      { numRuns: RUN_COUNT, seed: runSeed },
    );
    // Slips that have no place in a question, or are none, leave more than half.
    expect(compared).toBeGreaterThan(RUN_COUNT / 3);
  });

  it.each([
    ['select category, sum(amuont) from market.events group by category', 'a letter exchanged'],
    ['select category, sum(amount / 3) from market.events group by category', 'a clamp forgotten'],
    ['select c.arm, count(*) from market.outcomes o join brand.campaign c on true group by c.arm', 'a join on true'],
    ['select zip, count(*) from market.outcomes where secret_score > 2 group by zip', 'a forbidden filter'],
    ['select zip, zip, count(*) from market.outcomes', 'GROUP BY left out'],
  ])('is known for %s: %s', async (sql) => {
    expect((await refusalWithRewrite(sql)).passing).not.toBeNull();
  });

  it('puts right several slips at once', async () => {
    const sql = 'select zipp, sum(spend / visit) from outcomes where secret_score > 1 and vist = 1 group by zipp';
    expect((await refusalWithRewrite(sql)).passing).toEqual({
      sql: 'select zip, sum(clamp(spend / visit, 0, 500)) from market.outcomes where visit = 1 group by zip',
      changes: [
        '`outcomes` is `market.outcomes`',
        '`zipp` is `zip`',
        '`spend / visit` is kept from 0 to 500',
        'without the condition `secret_score > 1`',
        '`vist` is `visit`',
      ],
    });
  });

  it('is not offered when none passes', async () => {
    expect((await refusalWithRewrite('select list(visit) from market.outcomes')).passing).toBeNull();
  });

  it('is looked for in a few texts only', async () => {
    let tried = 0;
    // Refused for ever, each time for a name that has a near one.
    const endless = (sql: string): Violation[] => {
      const name = sqlTokens(sql)[0]?.text ?? '';
      const facts = { column: name, columns: `${name}x` };
      return [{ ...violationOf(facts), place: { line: 1, column: 1, length: 0 } }];
    };
    const found = await findRewrite('name', endless('name'), async (sql) => {
      tried += 1;
      return { ok: false, violations: endless(sql) };
    });
    expect(found).toBeNull();
    expect(tried).toBe(6);
  });
});

function violationOf(facts: Record<string, string>): Violation {
  const { message, help } = violationCatalogue['column-is-known'];
  const columns: string[] = [];
  const told = { column: facts.column ?? '', columns };
  const place = { line: 1, column: 1, length: 0 };
  return { rule: 'column-is-known', owner: null, message: message(told), help: help(told), place, facts };
}
