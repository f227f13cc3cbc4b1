import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import {
  checkAudience,
  checkQuestion,
  fillTemplate,
  planQuestion,
  printOuter,
  printPersons,
  readTemplate,
  readValues,
  readyTemplates,
  releaseTable,
  type TableView,
  type Template,
} from '../../policies/index.ts';
import { readSql, runSql } from '../support/engine.ts';
import { loadRelease, releaseOf } from '../support/run-plan.ts';

/** A row of an answer: its keys, then its numbers. */
export type Answer = readonly (string | number | null)[];

/** An epsilon at which there is no noise; no configuration reaches it. */
const NOISELESS_EPSILON = 1e40;
/** The salt by which rows are bounded: any number does, as nobody has too many. */
const ROW_SALT = 20_111_111n;

/** Where the packs lie. */
export const packsFolder = new URL('../../examples/template-packs/', import.meta.url);

const documents: readonly unknown[] = [
  ...readyTemplates,
  ...readdirSync(packsFolder).flatMap((pack) =>
    readdirSync(new URL(`${pack}/`, packsFolder)).map((file) =>
      JSON.parse(readFileSync(new URL(`${pack}/${file}`, packsFolder), 'utf8')),
    ),
  ),
];

/** Every template that comes with Galley, and every one of the packs. */
export const everyTemplate: readonly Template[] = documents.map((document) => {
  const read = readTemplate(document);
  if (!read.ok) throw new Error(`${JSON.stringify(document)}\n${JSON.stringify(read.faults)}`);
  return read.template;
});

/** A template with its values and the tables it is run over, which the engine has. */
export interface Run {
  readonly template: Template;
  readonly values: Readonly<Record<string, unknown>>;
  readonly tables: readonly TableView[];
}

/** What a question answers, without noise. */
export async function answersOf(run: Run): Promise<readonly Answer[]> {
  const query = await filledIn(run);
  const checked = checkQuestion(query, run.tables, { epsilon: 1, omitIntervals: true });
  if (!checked.ok) return expect.fail(`${query.sql}\n${JSON.stringify(checked.violations)}`);
  const plan = planQuestion(checked.value, { epsilon: NOISELESS_EPSILON, delta: 1e-6 });
  for (const [index, aggregate] of plan.aggregates.entries()) {
    await loadRelease(releaseTable(index), await releaseOf(aggregate));
  }
  return (await runSql(printOuter(plan.outer))).map((row) => row.map(plain));
}

/** Who is in an audience, in order. */
export async function membersOf(run: Run): Promise<readonly number[]> {
  const query = await filledIn(run);
  const checked = checkAudience(query, run.tables);
  if (!checked.ok) return expect.fail(`${query.sql}\n${JSON.stringify(checked.violations)}`);
  const rows = await runSql(printPersons(checked.value).sql, [ROW_SALT]);
  return rows.map((row) => Number(row[0])).toSorted((a, b) => a - b);
}

async function filledIn({ template, values, tables }: Run) {
  const read = readValues(template, values, tables);
  if (!read.ok) return expect.fail(JSON.stringify(read.faults));
  const parsed = await readSql(fillTemplate(template, read.filling));
  return parsed.ok ? parsed.value : expect.fail(JSON.stringify(parsed.violations));
}

function plain(cell: unknown): string | number | null {
  if (cell === null || typeof cell === 'number') return cell;
  return typeof cell === 'bigint' ? Number(cell) : String(cell).replace(' 00:00:00', '');
}
