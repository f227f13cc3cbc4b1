// What the service adds to a small question: token, grammar, check, ledger, log, a worker of its own, decryption, noise,
// Arrow.
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
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
import { armsSql, ask, questionOf } from '../../test/support/service-questions.ts';
import { createDataset, outcomesColumns, setTable, upload } from '../../test/support/service-table.ts';
import { overheadFigures, SERVICE } from '../overhead.ts';
import { type BenchRow, rowOfNumbers } from '../rows/bench-row.ts';
import { benchViews } from '../views.ts';
import type { BenchStage } from './bench-stage.ts';
import { compareService, medianMs } from './service-row.ts';

/** Persons of the platform's tables; of ten, seven are with the brand too. */
const SIZES = [1_000, 200_000] as const;
const MEMBERS_RATIO = 0.7;
const SALT = 7n;
/** What the service may add to a question at the median, with durable log and ledger and a worker of its own. */
const MOST_OVERHEAD_MS = 45;
/** Each round asks at another epsilon, so that no stored release answers it. */
const epsilonOf = (round: number): number => 0.05 + round / 10_000;
/** And in another text, with a condition that all rows fulfil: one that was asked lately is not parsed again. */
const sqlOf = (round: number): string => armsSql.replace('group by', `where o.visit < ${round + 2} group by`);

/** Whole questions, stored releases, explains and uploads. */
export async function smallRows(bench: BenchStage, roundCount: number): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of SIZES) rows.push(...(await rowsOfSize(bench, size, roundCount)));
  return [...rows, await overheadRow()];
}

/**
 * The one time that is held against a number of its own: all that the service does for a small question, but its wait for a
 * step of time. The client's own work is told beside it.
 */
async function overheadRow(): Promise<BenchRow> {
  const figures = await overheadFigures();
  const told = (of: string) => figures.find(({ call, stage }) => call === 'question' && stage === of);
  const [served, all] = [told(SERVICE), told('all')];
  if (served === undefined || all === undefined) throw new Error('the stages of a small question were not told');
  const { medianMs: ms, lowMs, highMs } = served;
  const note = `${ms.toFixed(0)} ms here, and ${all.medianMs.toFixed(0)} ms with the client`;
  const named = {
    name: 'a small question in the service, steps of time apart',
    baseline: `${MOST_OVERHEAD_MS} ms`,
    size: 5_000,
  };
  const [low, high] = [lowMs / MOST_OVERHEAD_MS, highMs / MOST_OVERHEAD_MS];
  return { ...rowOfNumbers({ ...named, most: 1, note }, ms, MOST_OVERHEAD_MS), low, high };
}

async function rowsOfSize(bench: BenchStage, size: number, roundCount: number): Promise<readonly BenchRow[]> {
  const { stage } = bench;
  const files = filesOf(size);
  const { collaborationId } = await setTable(stage, files);
  await loadEngine(files);
  const planned = printAggregate(await planOf(sqlOf(0))).sql;
  const asked = (round: number, more = 0) =>
    ask(stage, 'brand', collaborationId, sqlOf(round), { epsilon: epsilonOf(round) + more });
  const waitedBefore = bench.waitedMs();
  const whole = await compareService(stage, {
    name: 'whole question, gRPC in to Arrow out',
    baseline: 'the same plan in a bare connection',
    size,
    roundCount,
    run: asked,
    against: () => runSql(planned, [SALT]),
  });
  // The uncounted round has waited too.
  const waitMs = (bench.waitedMs() - waitedBefore) / (roundCount + 1);
  const overheadMs = medianMs(whole.ran) - medianMs(whole.compared) - waitMs;
  const note = `${overheadMs.toFixed(0)} ms here beside the plan itself, and ${waitMs.toFixed(0)} ms until the next step of time`;
  if (size === SIZES[0]) return [{ ...whole.row, note }];
  const stored = await compareService(stage, {
    name: 'stored release, gRPC in to Arrow out',
    baseline: 'the whole question',
    size,
    roundCount,
    run: (round) => asked(round),
    against: (round) => asked(round + roundCount + 1, 0.01),
  });
  const explain = await compareService(stage, {
    name: 'explain',
    baseline: 'the whole question',
    size,
    roundCount,
    run: (round) => stage.as('brand').queries.explain(questionOf(collaborationId, sqlOf(-2 - round))),
    against: (round) => asked(round + 2 * (roundCount + 1), 0.02),
  });
  return [{ ...whole.row, note }, stored.row, explain.row, await uploadRow(bench, size, files.outcomesCsv)];
}

async function uploadRow({ stage }: BenchStage, size: number, csv: string): Promise<BenchRow> {
  const path = join(tmpdir(), `galley-bench-upload-${process.pid}.csv`);
  writeFileSync(path, csv);
  try {
    const { row } = await compareService(stage, {
      name: 'upload to a published snapshot',
      baseline: "DuckDB's own load of the same file",
      size,
      roundCount: 3,
      run: async () => {
        const { datasetId } = await createDataset(stage, 'platform', outcomesColumns);
        await upload(stage, 'platform', datasetId, createReadStream(path));
      },
      against: () => runSql(`CREATE OR REPLACE TABLE loaded AS FROM read_csv('${path}')`),
    });
    return row;
  } finally {
    rmSync(path, { force: true });
  }
}

interface Files {
  readonly outcomesCsv: string;
  readonly mailingsCsv: string;
}

function filesOf(persons: number): Files {
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

async function loadEngine(files: Files): Promise<void> {
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

async function planOf(sql: string): Promise<PlannedAggregate> {
  const parsed = await readSql(sql);
  if (!parsed.ok) throw new Error(canonicalText(parsed.violations));
  const checked = checkQuestion(parsed.value, benchViews(), { epsilon: 0.05, omitIntervals: false });
  if (!checked.ok) throw new Error(canonicalText(checked.violations));
  const [aggregate] = planQuestion(checked.value, { epsilon: 0.05, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) throw new Error('the question has no aggregation');
  return aggregate;
}
