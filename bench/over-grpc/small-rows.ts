// What the service adds to a small question: token, grammar, check, ledger, log, a worker of its own, decryption, noise,
// Arrow.
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSql } from '../../test/support/engine.ts';
import { armsSql, ask, questionOf } from '../../test/support/service-questions.ts';
import { createDataset, outcomesColumns, setTable, upload } from '../../test/support/service-table.ts';
import { OVERHEAD, overheadFigures, SERVICE } from '../overhead.ts';
import { type BenchRow, rowOfNumbers } from '../rows/bench-row.ts';
import type { BenchStage } from './bench-stage.ts';
import { compareService, medianMs } from './service-row.ts';
import { loadEngine, printBarePlan, runBarePlan, smallFiles } from './small-table.ts';

/** Persons of the platform's tables. */
const SIZES = [1_000, 200_000] as const;
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
 * step of time, beyond what the plan itself takes a bare engine. The client's own work is told beside it.
 */
async function overheadRow(): Promise<BenchRow> {
  const figures = await overheadFigures();
  const told = (of: string) => figures.find(({ call, stage }) => call === 'question' && stage === of);
  const [added, served, all] = [told(OVERHEAD), told(SERVICE), told('all')];
  if (!(added && served && all)) throw new Error('the stages of a small question were not told');
  const { medianMs: ms, lowMs, highMs } = added;
  const whole = `${served.medianMs.toFixed(0)} ms with the plan itself, ${all.medianMs.toFixed(0)} ms with the client`;
  const note = `${ms.toFixed(0)} ms here, ${whole}`;
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
  const files = smallFiles(size);
  const { collaborationId } = await setTable(stage, files);
  await loadEngine(files);
  const planned = await printBarePlan(sqlOf(0));
  const asked = (round: number, more = 0) =>
    ask(stage, 'brand', collaborationId, sqlOf(round), { epsilon: epsilonOf(round) + more });
  const waitedBefore = bench.waitedMs();
  const whole = await compareService(stage, {
    name: 'whole question, gRPC in to Arrow out',
    baseline: 'the same plan in a bare connection',
    size,
    roundCount,
    run: asked,
    against: () => runBarePlan(planned),
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
