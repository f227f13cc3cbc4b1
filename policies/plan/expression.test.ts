import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { randomQuestion } from '../../test/support/random-questions.ts';
import { tables } from '../../test/support/tables.ts';
import { wide } from '../../test/support/wide-table.ts';
import { printAggregate } from '../print/print-aggregate.ts';
import { printOuter } from '../print/print-outer.ts';
import { canonicalText } from './expression.ts';
import { planQuestion } from './protected-plan.ts';

const all = { tables: [...tables, wide] };

async function textOf(sql: string): Promise<string> {
  const { aggregates } = planQuestion(await assertAllows(sql, all), { epsilon: 1, delta: 1e-6 });
  return canonicalText(aggregates);
}

describe('the canonical text', () => {
  it('is made without looking twice into comparisons of comparisons', async () => {
    // Twice at each of 200 levels would take longer than there is time.
    const nested = Array.from({ length: 200 }, (_, i) => i).reduce((e, i) => `(visit = ${i}) = (${e})`, 'visit = 1');
    const sql = `select count(*) filter (where ${nested}) from market.outcomes`;
    expect(await textOf(sql)).toBe(await textOf(sql.replace('filter', 'FILTER')));
  });

  const sql = "select zip, count(*) as n from market.outcomes where visit = 1 and zip <> 'a' group by zip";

  it.each([
    "SELECT zip, COUNT(*) AS n FROM market.outcomes WHERE visit = 1 AND zip <> 'a' GROUP BY zip",
    "select zip,\n\tcount(*) as persons -- a comment\nfrom market.outcomes where visit = 1 and zip <> 'a' group by zip",
    "select o.ZIP, count(*) from Market.Outcomes as o where o.visit = 1 and o.zip <> 'a' group by 1",
    "select count(*), zip as z from (select * from market.outcomes) s where visit = 1 and (zip <> 'a') group by all order by 1",
    "with x as (select email, zip from market.outcomes where visit = 1) select zip, count(*) from x where zip <> 'a' group by zip limit 3",
  ])('is the same for the same question: %s', async (other) => {
    expect(await textOf(other)).toBe(await textOf(sql));
  });

  it.each([
    "select zip, count(*) as n from market.outcomes where visit = 2 and zip <> 'a' group by zip",
    "select zip, count(*) as n from market.outcomes where visit = 1 and zip <> 'A' group by zip",
    "select zip, count(*) as n from market.outcomes where visit = 1.0 and zip <> 'a' group by zip",
    "select zip, count(*) as n from market.outcomes where visit = 1 or zip <> 'a' group by zip",
    "select zip, count(distinct email) as n from market.outcomes where visit = 1 and zip <> 'a' group by zip",
    "select lower(zip), count(*) as n from market.outcomes where visit = 1 and zip <> 'a' group by 1",
  ])('is another for another question: %s', async (other) => {
    expect(await textOf(other)).not.toBe(await textOf(sql));
  });

  it('tells a text from a number and one list from another', () => {
    const values = [1n, 1, '1', '1n', [1, 2], [12], ['1,2'], { a: 1 }, { a: '1' }, { b: 1 }, null, [null], {}, []];
    expect(new Set(values.map(canonicalText)).size).toBe(values.length);
  });

  it("leaves out places, and not an owner's column that is called `at`", () => {
    expect(canonicalText({ kind: 'x', at: 5 })).toBe(canonicalText({ kind: 'x', at: null }));
    expect(canonicalText({ at: { min: 0 } })).not.toBe(canonicalText({ at: { min: 1 } }));
  });
});

/** A literal that is in no name, rule or bound of the test tables. */
const marks = fc.tuple(fc.integer({ min: 7_000_001, max: 7_999_999 }), fc.stringMatching(/^q[xyz]{6}$/));

describe('the shape that the log keeps', () => {
  it('holds no literal of the question, in whatever way it is used', async () => {
    const holdsNone = async ([number, text]: [number, string], question: string): Promise<void> => {
      const asked = [
        `select zip, sum(clamp(spend, 0, ${number})), sum(spend * ${number}) from market.outcomes where zip = '${text}' group by zip having count(*) > ${number} limit ${number}`,
        `select case when count(*) > ${number} then '${text}' else 'no' end as a from market.outcomes where visit in (${number}, 1) and zip like '${text}%'`,
        `select count(*) filter (where visit = ${number}) from (select *, '${text}' as mark from market.outcomes) s group by mark`,
        `select date_trunc('month', day), count(*) from market.events where day > '2031-04-07' and round(amount, 7) is null group by 1`.replace(
          'and round(amount, 7) is null',
          '',
        ),
        question,
      ];
      for (const sql of asked) {
        const { aggregates, outer } = planQuestion(await assertAllows(sql, all), { epsilon: 1, delta: 1e-6 });
        const shape = [...aggregates.map((a) => printAggregate(a, 'mark').sql), printOuter(outer, 'mark')].join('\n');
        expect(shape).not.toMatch(new RegExp(`${number}|${text}|2031-04-07|70.25|-40`));
      }
    };
    await fc.assert(fc.asyncProperty(marks, randomQuestion, holdsNone), { numRuns: 60 });
  });
});
