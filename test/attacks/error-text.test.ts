// A8, the text of an error: engines write the value that they stumbled over into their message. Cast, overflow, parse
// and match one's way to a message that cites the row of somebody else.
//
// The wall: over protected rows nothing fails, and no word of the engine is passed on. What a refusal says is made of a
// closed list of sentences, of what was submitted and of what the owners declared; it is the same whatever the data.
import { describe, expect, it } from 'vitest';
import { runSql } from '../support/engine.ts';
import { expectSame } from '../support/games.ts';
import { loadTable, type TestRows } from '../support/load-table.ts';
import { verdictOn } from '../support/policy-assertions.ts';
import { planOf, rowsOf } from '../support/run-plan.ts';
import { outcomes } from '../support/tables.ts';

const secret = 'ana@example.com';
const others: TestRows = Array.from({ length: 80 }, (_, i) => [String(i), '1', '10', "'94100'", null]);
const world = (isThere: boolean): TestRows =>
  isThere ? [...others, ['4711', '9223372036854775807', '9999999999999999.99', `'${secret}'`, null]] : others;

/** What stumbles over a value in the engine: the first ones cite it. */
const stumbling = [
  'cast(zip as integer) = 1',
  "strptime(zip, '%Y') is null",
  'visit + visit = 1',
  'visit * visit = 1',
  'abs(-visit - 2) = 1',
  'cast(visit as tinyint) = 1',
  'cast(spend as decimal(4, 2)) = 1',
  'cast(zip as date) is null',
  'cast(zip as boolean)',
  'error(zip) is null',
  'json_extract(zip, zip) is null',
  'cast(zip as json) is null',
  'cast(zip as uuid) is null',
  'regexp_matches(zip, zip)',
  'from_hex(zip) is null',
  'zip::struct(a integer) is null',
  "zip::enum('a') is null",
  'ln(visit - visit) is null',
  'sqrt(-visit) is null',
  'chr(-visit) is null',
  'repeat(zip, visit) is null',
  'make_date(visit, visit, visit) is null',
  "date_trunc(zip, date '2024-01-01') is null",
  'factorial(visit) is null',
  'visit << visit = 1',
  'bitstring(zip, 1) is null',
  'printf(zip, visit) is null',
  'format(zip, visit) is null',
  'list_extract([1], visit) is null',
  '(select zip from market.outcomes) is null',
];

/** All that a caller learns of a question without its noisy numbers. */
async function fateOf(condition: string): Promise<string> {
  const sql = `select count(*) from market.outcomes where ${condition}`;
  const violations = await verdictOn(sql);
  if (violations.length > 0) return JSON.stringify(violations);
  const [aggregate] = (await planOf(sql)).aggregates;
  const rows = aggregate ? await rowsOf(aggregate) : [];
  return `answered with ${rows.length} group`;
}

describe('a condition that the engine stumbles over', () => {
  it.each(stumbling)('has one fate in both worlds, and cites nobody: %s', async (condition) => {
    await loadTable(outcomes, world(true));
    const present = await fateOf(condition);
    await loadTable(outcomes, world(false));
    const absent = await fateOf(condition);
    expectSame(`A8 ${condition}`, present, absent);
    expect(present).not.toContain(secret);
    expect(present).not.toMatch(/conversion error|could not convert|out of range|binder|invalid input|duckdb/i);
  });

  it('does cite values where nobody is in between: the attack works', async () => {
    await loadTable(outcomes, world(true));
    const cited: string[] = [];
    for (const condition of stumbling) {
      const bare = `select count(*) from "market.outcomes" where ${condition}`.replace(
        'market.outcomes)',
        '"market.outcomes")',
      );
      await runSql(bare).catch((error: unknown) => {
        if (/ana@example\.com|9223372036854775807|9999999999999999/.test(String(error))) cited.push(condition);
      });
    }
    expect(cited.length).toBeGreaterThan(3);
  });
});
