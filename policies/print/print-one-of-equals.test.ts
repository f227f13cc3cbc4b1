import { describe, expect, it } from 'vitest';
import { loadTable, type TestRows } from '../../test/support/load-table.ts';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { rowsOf } from '../../test/support/run-plan.ts';
import { goodRules, rulesDocument } from '../../test/support/tables.ts';
import type { TableColumn, TableView } from '../collaboration/table-view.ts';
import { planQuestion } from '../plan/protected-plan.ts';

const columns: readonly TableColumn[] = [
  { name: 'email', type: { kind: 'person' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'kind', type: { kind: 'text' } },
  { name: 'n', type: { kind: 'integer' } },
];
const document = rulesDocument({
  rowsPerPerson: 2,
  maxGroupsPerPerson: 2,
  groupKeys: { kind: {}, day: {}, n: {} },
  measures: { n: { min: 0, max: 10 } },
});
const rules = goodRules(document, columns);
const events: TableView = { member: 'm', alias: 'events', datasetId: 'm', columns, identifiers: ['email'], rules };
const tables = [events];

/** Zero with either sign on the rows of one person, by the kind of the row; `pow(-n, …)` is a NaN with a sign. */
const SIGNED_ZERO = "(case when kind = 'a' then n / 1 else n / -1 end)";
const SIGNED_NAN = "(case when kind = 'a' then pow(-1 - n, 0.5) else -pow(-1 - n, 0.5) end)";

const person: TestRows = [
  ['1', "DATE '2024-01-31'", "'a'", '0'],
  ['1', "DATE '2024-01-31'", "'b'", '0'],
];

async function groupsOf(sql: string, rows: TestRows): Promise<readonly (readonly unknown[])[]> {
  await loadTable(events, rows);
  const [aggregate] = planQuestion(await assertAllows(sql, { tables }), { epsilon: 1, delta: 1e-6 }).aggregates;
  return aggregate ? rowsOf({ ...aggregate, minGroupSize: 0 }) : [];
}

describe('one of equal values', () => {
  it('is the same one whatever the order of rows: which stays would tell of the rows of others', async () => {
    for (const [value, text] of [
      [SIGNED_ZERO, '0.0'],
      [SIGNED_NAN, 'nan'],
    ]) {
      for (const within of [
        `select email, max(${value}) as v from m.events group by email`,
        `select email, min(${value}) as v from m.events group by email`,
        `select email, min_by(${value}, day) as v from m.events group by email`,
        `select email, ${value} as v from m.events group by email, ${value}`,
        `select distinct email, ${value} as v from m.events`,
      ]) {
        const sql = `select v::varchar as v, count(*) as n from (${within}) z group by 1`;
        expect(await groupsOf(sql, person), sql).toEqual([[text, '1', '1']]);
        expect(await groupsOf(sql, person.toReversed()), sql).toEqual([[text, '1', '1']]);
      }
    }
  });

  it('is refused of spans of time: a month equals 30 days, and differs when it is added', async () => {
    const span = "(case when n = 1 then interval '1 month' else interval '30 days' end)";
    for (const within of [
      `select email, max(${span}) as v from m.events group by email`,
      `select email, min_by(${span}, day) as v from m.events group by email`,
      `select email, ${span} as v from m.events group by email, ${span}`,
      `select distinct email, ${span} as v from m.events`,
    ]) {
      const sql = `select count(*) as n from (${within}) z where date '2024-01-31' + v = date '2024-03-01'`;
      await assertDenies(sql, 'types-match', {}, { tables });
    }
  });
});
