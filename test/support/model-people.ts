import {
  checkAudience,
  checkQuestion,
  type DescribedPersons,
  describePersons,
  type PersonsSource,
  type PlannedAggregate,
  type ProtectedPlan,
  planQuestion,
  printOuter,
  printPersons,
  type ReleasedRow,
  releaseTable,
  type TableView,
  tableName,
  tableSql,
} from '../../policies/index.ts';
import { readSql, runSql } from './engine.ts';
import { loadRelease, releaseOf } from './run-plan.ts';
import { goodRules, rulesDocument } from './tables.ts';

const columns: TableView['columns'] = [
  { name: 'email', type: { kind: 'person' } },
  { name: 'city', type: { kind: 'text' } },
  { name: 'brand', type: { kind: 'text' } },
  { name: 'age', type: { kind: 'integer' } },
  { name: 'spend', type: { kind: 'decimal', scale: 2 } },
  { name: 'app', type: { kind: 'boolean' } },
];
const features = ['city', 'brand', 'age', 'spend', 'app'];

/** Profiles of a platform: one row a person. */
const people: TableView = {
  member: 'platform',
  alias: 'people',
  datasetId: 'ds-people',
  columns,
  identifiers: ['email'],
  rules: goodRules(
    rulesDocument({
      groupKeys: { city: { values: ['north', 'south', 'east', 'west'] }, brand: {} },
      filters: ['app', 'age', 'spend'],
      measures: { age: { min: 18, max: 80 }, spend: { min: 0, max: 5000 } },
      audience: { columns: features, minSize: 100, destinations: ['platform/shop-front'] },
    }),
    columns,
  ),
};

/** Customers of a brand, of whom nothing else is known. */
const customers: TableView = {
  member: 'brand',
  alias: 'customers',
  datasetId: 'ds-customers',
  columns: [{ name: 'email', type: { kind: 'person' } }],
  identifiers: ['email'],
  rules: goodRules(rulesDocument({ audience: { columns: [], minSize: 100, destinations: ['platform/shop-front'] } }), [
    { name: 'email', type: { kind: 'person' } },
  ]),
};

/** The tables of models. */
const modelTables = [people, customers];
/** SQL of the seed: the brand's customers. */
export const seedSql = 'select email from brand.customers -- those who bought';
/** The persons of the table. */
export const peopleSource: PersonsSource = { sql: tableSql('platform.people', 'email', features), identity: 'email' };

/**
 * Fills the tables with persons of a few hidden kinds, of which the first are whom the brand sells to: every third of
 * them is a customer. Nobody's kind is in any column.
 */
export async function loadPeople(persons: number): Promise<void> {
  const draw = (salt: number): string => `((hash(i * 1000 + ${salt}) % 100000) / 100000.0)`;
  const kind = `(CASE WHEN ${draw(1)} < 0.2 THEN 0 WHEN ${draw(1)} < 0.6 THEN 1 ELSE 2 END)`;
  const pick = (salt: number, ...by: readonly string[]): string => {
    return `CASE kind ${by.map((sql, k) => `WHEN ${k} THEN ${sql.replaceAll('DRAW', draw(salt))}`).join(' ')} END`;
  };
  const parts = [
    'i AS email',
    `CASE WHEN ${pick(2, 'DRAW < 0.7', 'DRAW < 0.2', 'DRAW < 0.15')} THEN 'north' WHEN ${draw(3)} < 0.33 THEN 'south'
     WHEN ${draw(3)} < 0.66 THEN 'east' ELSE 'west' END AS city`,
    `CASE WHEN ${pick(4, 'DRAW < 0.6', 'DRAW < 0.2', 'DRAW < 0.2')} THEN 'luma' WHEN ${draw(5)} < 0.5 THEN 'orbit'
     ELSE 'plain' END AS brand`,
    `CAST(18 + ${pick(6, '8 + 14 * DRAW', '2 + 10 * DRAW', '35 + 25 * DRAW')} AS BIGINT) AS age`,
    `CAST(${pick(7, '300 + 400 * DRAW', '20 + 60 * DRAW', '30 + 150 * DRAW')} AS DECIMAL(18, 2)) AS spend`,
    `${pick(8, 'DRAW < 0.8', 'DRAW < 0.7', 'DRAW < 0.1')} AS app`,
  ];
  await runSql(`CREATE OR REPLACE TABLE kinds AS SELECT i, ${kind} AS kind FROM range(${persons}) AS r(i)`);
  await runSql(`CREATE OR REPLACE TABLE "${tableName(people)}" AS SELECT ${parts.join(', ')} FROM kinds`);
  await runSql(`CREATE OR REPLACE TABLE "${tableName(customers)}" AS SELECT i AS email FROM kinds
    WHERE kind = 0 AND ${draw(9)} < 0.33`);
}

/** Describes the persons of some SQL. */
export async function describe(sql: string, tables: readonly TableView[] = modelTables): Promise<DescribedPersons> {
  const read = await readSql(sql);
  if (!read.ok) throw new Error(JSON.stringify(read.violations));
  const described = describePersons(read.value, tables, []);
  if (!described.ok) throw new Error(JSON.stringify(described.violations));
  return described.value;
}

/** Plans a question over the tables of models; games may go over the epsilon that rules permit. */
async function planOfPeople(sql: string, epsilon: number): Promise<ProtectedPlan> {
  const read = await readSql(sql);
  const checked = read.ok ? checkQuestion(read.value, modelTables, { epsilon: 1, omitIntervals: false }) : read;
  if (!checked.ok) throw new Error(JSON.stringify(checked.violations));
  return planQuestion(checked.value, { epsilon, delta: 1e-6 });
}

/** The aggregations of a question, each with its noise and price. */
export async function plansOf(sql: string, epsilon: number): Promise<readonly PlannedAggregate[]> {
  return (await planOfPeople(sql, epsilon)).aggregates;
}

/** Asks a question as the service does, with noise, and gives the rows of its release. */
export async function askPeople(sql: string, epsilon: number): Promise<readonly ReleasedRow[]> {
  const plan = await planOfPeople(sql, epsilon);
  for (const [index, aggregate] of plan.aggregates.entries()) {
    await loadRelease(releaseTable(index), await releaseOf(aggregate));
  }
  const rows = await runSql(`SELECT to_json(released)::VARCHAR FROM (${printOuter(plan.outer)}) AS released`);
  return rows.map(([row]) => JSON.parse(String(row)) as ReleasedRow);
}

/** Whoever an audience's SQL selects, as the worker finds them. */
export async function selectedBy(sql: string): Promise<readonly number[]> {
  const read = await readSql(sql);
  const checked = read.ok ? checkAudience(read.value, modelTables) : read;
  if (!checked.ok) throw new Error(JSON.stringify(checked.violations));
  const rows = await runSql(printPersons(checked.value).sql, [1n]);
  return rows.map(([person]) => Number(person));
}

/** How many persons of each hidden kind an audience's SQL selects. */
export async function kindsOf(sql: string): Promise<readonly [number, number, number]> {
  const persons = await selectedBy(sql);
  const kinds = new Map((await runSql('SELECT i, kind FROM kinds')).map(([i, kind]) => [Number(i), Number(kind)]));
  const counts: [number, number, number] = [0, 0, 0];
  for (const person of persons) counts[(kinds.get(person) ?? 0) as 0 | 1 | 2] += 1;
  return counts;
}
