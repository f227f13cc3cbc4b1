import {
  type CheckedQuery,
  type ProtectedPlan,
  planQuestion,
  printAggregate,
  printOuter,
  printOuterProbe,
  protect,
  RawGroups,
  releaseTable,
} from '../../policies/index.ts';
import { runSql } from '../support/engine.ts';
import { loadTable, type TestRows } from '../support/load-table.ts';
import { lossBetween } from '../support/person-loss.ts';
import { partsOf } from '../support/printed-parts.ts';
import { boundedOf, loadRelease, rowsOf, systemBits } from '../support/run-plan.ts';
import { campaign, events, outcomes, tables } from '../support/tables.ts';
import type { Complaint } from './verdict-invariants.ts';

/** Persons that are alike, so that groups pass the minimum; the victim is the one with poison in every column. */
const PERSON_COUNT = 60;
const VICTIM = '4711';
const people = Array.from({ length: PERSON_COUNT }, (_, i) => String(i));
const contents: readonly (readonly [typeof outcomes, TestRows])[] = [
  [
    outcomes,
    [
      ...people.map((p) => [p, '1', '10.5', "'94100'", '3']),
      [VICTIM, '9223372036854775807', '9999999999999999.99', "'ana@example.com'", '-9223372036854775808'],
      [null, null, null, null, null],
    ],
  ],
  [campaign, [...people.map((p) => [p, "'gift'", 'true']), [VICTIM, "'ana@example.com'", 'null']]],
  [
    events,
    [
      ...people.flatMap((p) => [
        [p, "'a'", "'2024-01-01'", '1'],
        [p, "'b'", 'null', '99.99'],
      ]),
      [VICTIM, "'ana@example.com'", "'infinity'", '-9999999999999999.99'],
      [VICTIM, 'null', "'-infinity'", 'null'],
    ],
  ],
];
const tableNames = tables.map((t) => `${t.member}.${t.alias}`);

/** Loads the tiny tables that accepted questions run over; tables without persons get two rows of plain values. */
export async function loadTinyTables(): Promise<void> {
  for (const [view, rows] of contents) await loadTable(view, rows);
  const others = tables.filter((view) => contents.every(([known]) => known !== view));
  for (const view of others) {
    const row = (text: string) => view.columns.map(({ type }) => (type.kind === 'text' ? `'${text}'` : '1'));
    await loadTable(view, [row('a'), row('b')]);
  }
}

/**
 * Runs an accepted question with and without the victim: both must be answered, in the declared shape, and one person
 * costs no more than is charged.
 */
export async function complaintOnRun(query: CheckedQuery): Promise<Complaint> {
  const plan = planQuestion(query, { epsilon: 1, delta: 1e-6 });
  for (const [index, asked] of plan.aggregates.entries()) {
    const planned = await boundedOf(asked);
    // Without the engine's test of the group size, so that groups of the victim alone are compared as well.
    const aggregate = { ...planned, minGroupSize: 0 };
    const printed = printAggregate(aggregate);
    const { statements, tables: named } = await partsOf(printed.sql);
    if (statements !== 1) return 'what is printed is not one statement';
    const foreign = named.find((name) => name.includes('.') && !tableNames.includes(name));
    if (foreign !== undefined) return `what is printed names ${foreign}`;
    const present = await rowsOf(aggregate);
    const absent = await withoutVictim(() => rowsOf(aggregate));
    const loss = lossBetween(aggregate, present, absent);
    if (loss > aggregate.charge.rho * (1 + 1e-9)) return `one person costs ${loss} of ${aggregate.charge.rho}`;
    for (const rows of [present, absent]) {
      if (rows.some((row) => row.length !== printed.columns.length)) return 'a raw row has another width than declared';
      const release = protect(planned, RawGroups.read(planned, rows), systemBits);
      if (release.rows.some((row) => row.length !== release.columns.length)) return 'a released row has another width';
      await loadRelease(releaseTable(index), release);
    }
  }
  return await complaintOnOuter(plan);
}

/**
 * The engine takes the query over the release, or the service would have asked it first over empty releases and refused
 * it before anything was charged.
 */
async function complaintOnOuter(plan: ProtectedPlan): Promise<Complaint> {
  const outer = printOuter(plan.outer);
  if (await isTaken(outer)) return null;
  if (printOuterProbe(plan) === null) return 'the engine refuses a query over the release that nobody asked it about';
  for (const index of plan.aggregates.keys()) await runSql(`DELETE FROM ${releaseTable(index)}`);
  return (await isTaken(outer)) ? 'the engine refuses a query over the release for what it holds' : null;
}

async function isTaken(sql: string): Promise<boolean> {
  return await runSql(sql).then(
    () => true,
    () => false,
  );
}

async function withoutVictim<T>(run: () => Promise<T>): Promise<T> {
  await runSql('BEGIN');
  try {
    for (const [{ member, alias }] of contents) {
      await runSql(`DELETE FROM "${member}.${alias}" WHERE email = ${VICTIM}`);
    }
    return await run();
  } finally {
    await runSql('ROLLBACK');
  }
}
