// What is counted is what was asked: where data keeps to all declarations, the exact groups of an accepted question are
// those that DuckDB gives for the merchant's own SQL over the same tables.
//
// Not compared: rows without a person, which are nobody here and NULL in DuckDB; minimum and maximum, quantiles and
// spreads, which are released as other numbers than DuckDB's.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { readSql, runSql } from '../../test/support/engine.ts';
import {
  describeCollaboration,
  drawCollaboration,
  loadCollaboration,
  type RandomCollaboration,
  tablesOf,
} from '../../test/support/random-collaboration.ts';
import { QuestionWriter } from '../../test/support/random-larger-questions.ts';
import { runnable, scoringFunctions } from '../../test/support/scoring.ts';
import { checkQuestion, type PlannedAggregate, planQuestion, printAggregate } from '../index.ts';

/** Collaborations drawn; each answers several questions. */
const runCount = Number(process.env.GALLEY_RUNS ?? effortOf(20, 60, 2_000));
/** Ten times what a run takes on an idle machine. */
const MAX_RUN_MS = Math.max(300_000, runCount * 10_000);
const QUESTIONS = 5;
const SALT = 5n;

class Case {
  readonly tables: RandomCollaboration;
  readonly asked: readonly string[];

  constructor(tables: RandomCollaboration, asked: readonly string[]) {
    this.tables = tables;
    this.asked = asked;
  }

  toString(): string {
    return `\n${describeCollaboration(this.tables)}\n${this.asked.join('\n')}\n`;
  }
}

const cases = fc.gen().map((g) => {
  const tables = drawCollaboration(g, 'tame');
  return new Case(
    tables,
    Array.from({ length: QUESTIONS }, () => new QuestionWriter(g, tables, true).question()),
  );
});

const OPTIONS = { epsilon: 1, omitIntervals: true, functions: scoringFunctions };

/** Functions of ours that DuckDB does not have, as docs/sql.md describes them. */
const MACROS = [
  'CREATE OR REPLACE MACRO clamp(x, low, high) AS CASE WHEN x IS NULL OR isnan(CAST(x AS DOUBLE)) THEN NULL ELSE greatest(low, least(high, x)) END',
  `CREATE OR REPLACE MACRO width_bucket(x, low, high, n) AS CASE WHEN x IS NULL THEN NULL WHEN x < low THEN 0 WHEN x >= high THEN n + 1
   ELSE CAST(floor((CAST(x AS DOUBLE) - low) / (high - low) * n) AS BIGINT) + 1 END`,
];

/** A cell of either side in one form: numbers as numbers, as sums come in other types; an empty sum is nothing. */
function plain(cell: unknown): string {
  if (cell === null || cell === undefined) return 'NULL';
  const text = String(cell);
  const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
  return number === null ? text : String(Math.round(number * 1e6) / 1e6 + 0);
}

/** The items of the select list from exact statistics, as the release would show them without noise. */
function shown(aggregate: PlannedAggregate, row: readonly unknown[], column: string): unknown {
  const index = Number(column.slice(1));
  if (column.startsWith('k')) return row[index];
  const statistic = (i: number): number => Number(String(row[aggregate.keys.length + i] ?? 0));
  const measure = aggregate.measures[index];
  switch (measure?.kind) {
    case 'count':
      return statistic(measure.statistic);
    case 'sum':
      return statistic(measure.statistic) / 10 ** measure.scale;
    case 'ratio': {
      const of = (form: typeof measure.numerator): number =>
        form.reduce((sum, t) => sum + statistic(t.statistic) * t.factor, 0);
      return of(measure.denominator) === 0 ? 0 : of(measure.numerator) / of(measure.denominator);
    }
    default:
      throw new TypeError(`not compared: ${measure?.kind}`);
  }
}

/** The answer of DuckDB itself; `null` for the correlated EXISTS that it cannot run. */
async function askDirectly(sql: string): Promise<readonly (readonly unknown[])[] | null> {
  try {
    return await runSql(sql);
  } catch (cause) {
    if (String(cause).includes('flattening correlated subquery')) return null;
    throw cause;
  }
}

async function assertAlike(sql: string, tables: RandomCollaboration): Promise<boolean> {
  const read = await readSql(sql);
  const views = tablesOf(tables).map((t) => t.view);
  const checked = read.ok ? checkQuestion(read.value, views, OPTIONS) : read;
  if (!checked.ok) return false;
  const { aggregates, outer } = planQuestion(checked.value, { epsilon: 1, delta: 1e-6 });
  const [aggregate] = aggregates;
  if (aggregate === undefined || aggregates.length > 1 || outer.kind !== 'select') return false;
  const printed = printAggregate({ ...aggregate, minGroupSize: 0 });
  const items = outer.items.map(({ expression: e }) => (e.kind === 'column' ? e.column : null));
  const mine = (await runSql(runnable(printed), [SALT])).map((row) =>
    items.map((column) => (column === null ? '?' : plain(shown(aggregate, row, column)))),
  );
  // Ours has no NULL among sums and averages: nothing added up is 0.
  const isMeasure = (i: number): boolean => items[i]?.startsWith('m') ?? false;
  const answer = await askDirectly(sql);
  if (answer === null) return false;
  const theirs = answer.map((row) =>
    row.map((cell, i) => (items[i] === null ? '?' : plain(isMeasure(i) ? (cell ?? 0) : cell))),
  );
  const text = (rows: readonly (readonly string[])[]): readonly string[] => rows.map((r) => r.join(' | ')).toSorted();
  expect(text(mine), `${sql}\n${printed.sql}`).toEqual(text(theirs));
  return true;
}

describe('an accepted question', () => {
  it(
    `counts what DuckDB counts for the same text (seed ${runSeed})`,
    async () => {
      await runSql('SET threads = 1');
      for (const macro of MACROS) await runSql(macro);
      let compared = 0;
      const hold = async ({ tables, asked }: Case): Promise<void> => {
        await loadCollaboration(tables);
        for (const sql of asked) if (await assertAlike(sql, tables)) compared += 1;
      };
      await fc.assert(fc.asyncProperty(cases, hold), {
        numRuns: runCount,
        seed: runSeed,
        endOnFailure: process.env.GALLEY_SHRINK !== '1',
      });
      process.stdout.write(`seed ${runSeed}: ${compared} of ${runCount * QUESTIONS} questions compared\n`);
      expect(compared).toBeGreaterThan(0.7 * runCount * QUESTIONS);
    },
    MAX_RUN_MS,
  );
});
