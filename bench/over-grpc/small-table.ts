// The tables of small questions, as two members upload them and as a bare engine holds them.
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonicalText,
  checkQuestion,
  type PlannedAggregate,
  planQuestion,
  printAggregate,
} from '../../policies/index.ts';
import { readSql, runSql } from '../../test/support/engine.ts';
import { benchViews } from '../views.ts';

/** Of ten persons of the platform, seven are with the brand too. */
const MEMBERS_RATIO = 0.7;
const SALT = 7n;

/** What the members upload. */
export interface SmallFiles {
  readonly outcomesCsv: string;
  readonly mailingsCsv: string;
}

/** So many persons of the platform, and their mailings. */
export function smallFiles(persons: number): SmallFiles {
  const arms = ['gift', 'coupon', 'control'];
  const outcome = (i: number): string => `p${i}@example.com,city${i % 40},${i % 3 === 0 ? 1 : 0},${(i * 37) % 500}.25`;
  const mailing = (i: number): string => `p${(i * 7) % persons}@example.com,${arms[i % 3]},${i % 5}`;
  const lines = (header: string, count: number, line: (i: number) => string): string =>
    [header, ...Array.from({ length: count }, (_, i) => line(i))].join('\n');
  return {
    outcomesCsv: lines('email,city,visit,spend', persons, outcome),
    mailingsCsv: lines('email,arm,tier', Math.round(persons * MEMBERS_RATIO), mailing),
  };
}

/** Loads the tables into the bare engine, ready to be asked there what a plan asks behind the wall. */
export async function loadEngine(files: SmallFiles): Promise<void> {
  const person = 'md5_number_lower(email)::UBIGINT AS email';
  const load = async (name: string, csv: string, replaced: string): Promise<void> => {
    const path = join(tmpdir(), `galley-bench-${process.pid}.csv`);
    writeFileSync(path, csv);
    await runSql(`CREATE OR REPLACE TABLE "${name}" AS SELECT * REPLACE (${replaced}) FROM read_csv('${path}')`);
    rmSync(path);
  };
  await load('jiufang.outcomes', files.outcomesCsv, `${person}, CAST(spend AS DECIMAL(18, 2)) AS spend`);
  await load('chenxi.mailings', files.mailingsCsv, person);
}

/** What a question's one aggregation is planned as. */
export async function printBarePlan(sql: string): Promise<string> {
  return printAggregate(await planOf(sql)).sql;
}

/** Runs a plan in the bare engine. */
export async function runBarePlan(planned: string): Promise<void> {
  await runSql(planned, [SALT]);
}

async function planOf(sql: string): Promise<PlannedAggregate> {
  const parsed = await readSql(sql);
  if (!parsed.ok) throw new Error(canonicalText(parsed.violations));
  const checked = checkQuestion(parsed.value, benchViews(), { epsilon: 0.05, omitIntervals: false });
  if (!checked.ok) throw new Error(canonicalText(checked.violations));
  const [aggregate] = planQuestion(checked.value, { epsilon: 0.05, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) throw new Error('the question has no aggregation');
  return aggregate;
}
