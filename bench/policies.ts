// `node bench/policies.ts`: what it costs to decide on a question before anything runs, stage by stage.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { checkQuestion, type Parse, planQuestion, readQuery, type TableView } from '../policies/index.ts';
import { armsSql } from '../test/support/service-questions.ts';
import { parseText, prepareText } from './engine-parser.ts';
import { benchViews } from './views.ts';

/** Rounds that go before the counted ones: the first hundred runs of a function are the compiler's. */
const WARM_UP_ROUNDS = 40;
const ROUNDS = 120;
const EPSILON = 0.5;

/** The stages of a decision, in their order, and what it is compared with. */
const STAGES = ['parse', 'read', 'check', 'plan', 'all', 'parse and bind of the engine'] as const;
type Stage = (typeof STAGES)[number];

interface Timing {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const questions = [
  ['typical question', armsSql],
  ['question of 200 lines', readFileSync(new URL('./two-hundred-lines.sql', import.meta.url), 'utf8')],
] as const;

for (const [name, sql] of questions) await show(name, sql, benchViews());

async function show(name: string, sql: string, views: readonly TableView[]): Promise<void> {
  const times: Record<Stage, number[]> = Object.fromEntries(STAGES.map((s) => [s, []])) as never;
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const measured = await decide(sql, views);
    if (round >= 0) for (const stage of STAGES) times[stage].push(measured[stage]);
  }
  process.stdout.write(`${name}, ${sql.trimEnd().split('\n').length} lines, ${ROUNDS} rounds: median (low to high)\n`);
  for (const stage of STAGES) {
    const { median, low, high } = timingOf(times[stage]);
    const ratio = timingOf(times[stage].map((t, i) => t / (times[STAGES[5]][i] ?? Number.NaN))).median;
    const ms = [median, low, high].map((t) => t.toFixed(2));
    process.stdout.write(
      `  ${stage.padEnd(30)} ${ms[0]?.padStart(7)} ms  (${ms[1]} to ${ms[2]})  ${ratio.toFixed(2)} x\n`,
    );
  }
}

/** One decision from the text to the plan, and the engine's own look at the same text. */
async function decide(sql: string, views: readonly TableView[]): Promise<Record<Stage, number>> {
  const began = performance.now();
  const parse: Parse = await parseText(sql);
  const parsed = performance.now();
  const read = readQuery(sql, parse);
  const readAt = performance.now();
  if (!read.ok) throw new Error(JSON.stringify(read.violations));
  const checked = checkQuestion(read.value, views, { epsilon: EPSILON, omitIntervals: false });
  const checkedAt = performance.now();
  if (!checked.ok) throw new Error(JSON.stringify(checked.violations));
  planQuestion(checked.value, { epsilon: EPSILON, delta: 1e-6 });
  const planned = performance.now();
  await prepareText(sql);
  return {
    parse: parsed - began,
    read: readAt - parsed,
    check: checkedAt - readAt,
    plan: planned - checkedAt,
    all: planned - began,
    'parse and bind of the engine': performance.now() - planned,
  };
}

function timingOf(times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0), high: at(1) };
}
