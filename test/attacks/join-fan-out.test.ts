// A16 and A18, join fan-out: a member loads one address ten thousand times and joins its table with itself and with the
// other member's. If that person is there, the engine writes out a hundred million rows and the answer is late; if not,
// it is at once. The clamp on counts comes too late for this: each table is cut to the declared rows of a person before
// it is joined, and a join whose declared product is too large is refused from declared facts.
import { describe, expect, it } from 'vitest';
import { printAggregate, printPersons } from '../../policies/index.ts';
import { runSql } from '../support/engine.ts';
import { loadTable } from '../support/load-table.ts';
import { assertDenies } from '../support/policy-assertions.ts';
import { planOf } from '../support/run-plan.ts';
import { events } from '../support/tables.ts';

const DECLARED_ROWS = 20;

describe('a person loaded far beyond the declared rows', () => {
  it('is cut to them before the join, on each side', async () => {
    await loadTable(
      events,
      Array.from({ length: 1_000 }, (_, i) => ['7', "'a'", null, String(i % 50)]),
    );
    const [aggregate] = (await planOf('select count(*) from market.events a join market.events b using (email)'))
      .aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const { sql } = printAggregate(aggregate);
    const joined = `${sql.slice(0, sql.indexOf(', b AS ('))} SELECT count(*) FROM r`;
    const [[rows] = []] = await runSql(joined, [1n]);
    expect(Number(rows)).toBe(DECLARED_ROWS ** 2);
  });

  it('is cut in the selection of an audience as well', async () => {
    const [aggregate] = (await planOf('select count(*) from market.events a join market.events b using (email)'))
      .aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    expect(printPersons(aggregate).sql.match(new RegExp(`<= ${DECLARED_ROWS}\\)`, 'g'))).toHaveLength(2);
  });

  it('cannot be multiplied by joining again and again', async () => {
    const again = Array.from({ length: 4 }, (_, i) => `join market.events e${i} on a.email = e${i}.email`).join(' ');
    await assertDenies(`select count(distinct a.email) from market.events a ${again}`, 'join-is-bounded');
  });
});
