// `npm run bench`: protected questions beside plain ones, whole questions beside bare plans, and peers beside us, as
// ratios of interleaved rounds. See README.md for its rows and flags.
import { readBenchOptions } from './bench-options.ts';
import { besidePeers } from './beside-peers.ts';
import { dropKept } from './cache-folder.ts';
import { audienceRow } from './over-grpc/audience-row.ts';
import { BenchStage } from './over-grpc/bench-stage.ts';
import { marketRows } from './over-grpc/market-rows.ts';
import { smallRows } from './over-grpc/small-rows.ts';
import { printPeers } from './peers/print-peers.ts';
import { BENCH_QUESTIONS } from './questions/bench-questions.ts';
import { warmProtection } from './questions/warm-protection.ts';
import type { BenchRow } from './rows/bench-row.ts';
import type { EngineBench } from './rows/engine-bench.ts';
import { engineRows } from './rows/engine-rows.ts';
import { growthRows, paybackRows, type QuestionCost, workingMemoryRow } from './rows/growth-rows.ts';
import { printHeading, printRow, sizeText } from './rows/print-rows.ts';
import { realRows } from './rows/real-rows.ts';
import { openLayouts } from './stored/bench-layouts.ts';
import { openStore } from './stored/bench-store.ts';
import { openOwnLayout } from './stored/own-layout.ts';

const options = readBenchOptions();
const rows: BenchRow[] = [];
const told = (more: readonly BenchRow[]): void => {
  for (const row of more) printRow(row);
  rows.push(...more);
};

await warmProtection();
let before: readonly QuestionCost[] = [];
for (const size of options.sizes) before = await rowsOfSize(size, before);
if (options.wants('real data')) {
  printHeading('Real data');
  told(await realRows(options.roundCount(0)));
}
if (options.wants('service')) await rowsOfService();
const peers = options.wants('peers') ? await besidePeers(options.isQuick) : [];
if (peers.length > 0) printPeers(peers);
if (options.json) process.stdout.write(`${JSON.stringify({ rows, peers })}\n`);
process.exit(0);

async function rowsOfSize(size: number, smaller: readonly QuestionCost[]): Promise<readonly QuestionCost[]> {
  const questions = BENCH_QUESTIONS.filter(({ name }) => options.wants(name));
  if (questions.length === 0) return [];
  using store = await openStore(size);
  const layouts = await openLayouts(store);
  await openOwnLayout(store.engine, layouts);
  const bench: EngineBench = { store, layouts, size, roundCount: options.roundCount(size) };
  const costs: QuestionCost[] = [];
  printHeading(`In the engine, ${sizeText(size)} events`);
  for (const question of questions) {
    const of = await engineRows(bench, question);
    told(of.rows);
    costs.push(of.cost);
  }
  told([...paybackRows(costs, layouts), ...workingMemoryRow(costs), ...growthRows(costs, smaller)]);
  if (!options.keeps(size)) for (const name of ['stored', 'events']) dropKept(`${name}-${size}`);
  return costs;
}

async function rowsOfService(): Promise<void> {
  await using bench = await BenchStage.open();
  printHeading('The whole service, small');
  told(await smallRows(bench, options.roundCount(0)));
  told([await audienceRow(bench, options.audienceMembers)]);
  for (const size of options.serviceSizes) {
    printHeading(`The whole service, ${sizeText(size)} events`);
    using store = await openStore(size);
    told(await marketRows({ bench, store, size, roundCount: options.roundCount(size) }));
  }
}
