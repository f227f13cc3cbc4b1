import {
  type BoundingChoice,
  checkQuestion,
  declaredChoice,
  type PlannedAggregate,
  planQuestion,
  printAggregate,
  readRules,
  type TableView,
} from '../policies/index.ts';
import { readSql, runSql } from '../test/support/engine.ts';
import { compare, type Figure } from './compare.ts';

const ROWS = 1_000_000;
const PERSONS = 100_000;
const SALT = 7n;
const ROUNDS = 5;

const columns = [
  { name: 'email', type: { kind: 'person' as const } },
  { name: 'category', type: { kind: 'text' as const } },
  { name: 'amount', type: { kind: 'decimal' as const, scale: 2 } },
];
const asked =
  'select category, count(distinct email) as persons, sum(amount) as amount from m.events group by category';

/** What the steps that bound a person cost, and what it saves to leave out those that are known to change nothing. */
export async function boundingFigures(): Promise<readonly Figure[]> {
  // As purchases are: most persons have few, some have hundreds.
  await runSql(
    `CREATE OR REPLACE TABLE "m.events" AS SELECT hash(person) AS email, 'c' || CAST(200 * pow(random(), 2) AS INTEGER) AS category,
     CAST(100 * random() AS DECIMAL(18, 2)) AS amount FROM (SELECT CAST(${PERSONS} * pow(random(), 1.7) AS BIGINT) AS person FROM range(${ROWS}))`,
  );
  const roomy = await planOf({ rowsPerPerson: 10_000, maxGroupsPerPerson: 16 });
  const single = await planOf({ rowsPerPerson: 1, maxGroupsPerPerson: 1 });
  const uncut = new Set(['m.events']);
  const bounded: BoundingChoice = { uncut, persons: 'grouped', groups: 'all' };
  const ranked = (sql: string): string => sql.replaceAll(/HAVING count\(\*\) > \d+/g, 'HAVING count(*) > 0');
  const declared = printAggregate(roomy).sql;
  const grouped: BoundingChoice = { uncut: new Set(), persons: 'grouped', groups: 'all' };
  const several = [
    await figure('only persons over a bound put in order', 'everybody put in order', declared, ranked(declared)),
    await figure(
      'nobody known to be over a bound',
      'bounds by declared facts',
      printAggregate(roomy, 'value', bounded).sql,
      declared,
    ),
  ];
  await runSql(`CREATE OR REPLACE TABLE "m.events" AS SELECT hash(rowid) AS email, category, amount FROM "m.events"`);
  return [
    ...several,
    await figure(
      'one row a person declared: no grouping by persons',
      'the same, grouped by persons',
      printAggregate(single, 'value', declaredChoice(single)).sql,
      printAggregate(single, 'value', grouped).sql,
    ),
  ];
}

async function figure(name: string, baseline: string, sql: string, against: string): Promise<Figure> {
  return await compare({
    name,
    baseline,
    roundCount: ROUNDS,
    run: () => runSql(sql, [SALT]),
    against: () => runSql(against, [SALT]),
  });
}

async function planOf(bounds: Readonly<Record<string, number>>): Promise<PlannedAggregate> {
  const document = {
    version: 1,
    identity: 'email',
    groupKeys: { category: {} },
    measures: { amount: { min: 0, max: 100 } },
    aggregates: ['count-persons', 'sum'],
    minGroupSize: 50,
    budget: { epsilon: 5, delta: 1e-6 },
    ...bounds,
  };
  const read = readRules(document, columns);
  if (!read.ok) throw new Error(read.faults.map((f) => JSON.stringify(f)).join('\n'));
  const view: TableView = {
    member: 'm',
    alias: 'events',
    datasetId: 'e',
    columns,
    identifiers: ['email'],
    rules: read.rules,
  };
  const parsed = await readSql(asked);
  const checked = parsed.ok ? checkQuestion(parsed.value, [view], { epsilon: 1, omitIntervals: true }) : parsed;
  if (!checked.ok) throw new Error(checked.violations.map((v) => v.message).join('\n'));
  const [aggregate] = planQuestion(checked.value, { epsilon: 1, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) throw new Error('the question has no aggregation');
  return aggregate;
}
