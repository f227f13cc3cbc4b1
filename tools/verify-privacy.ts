// `npm run verify:privacy`: shows what the guarantee rests on, part by part, and ends with a table and one line of
// JSON. A short run takes under ten minutes on two cores; `--long` is the campaign, with many more cases and all
// mutants.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { MutationSummary } from './mutation/score.ts';
import { root } from './run-command.ts';
import type { TestCount } from './test-count-reporter.ts';
import { readTally } from './verify/read-tally.ts';
import { filesOf, SUITES, type Suite } from './verify/suites.ts';
import { type Counts, lastLineOf, type Verdict, verdictOf } from './verify/verdict.ts';

/** How often a part that takes long says that it still runs. */
const PROGRESS_MS = 20_000;
/** What is shown of a part that failed; the rest is in its log. */
const SHOWN_LINES = 60;
const LARGEST_SEED = 1_000_000_007;
/** The exit code of a run that somebody stopped. */
const INTERRUPTED = 130;

const { values } = parseArgs({ options: { long: { type: 'boolean', default: false }, seed: { type: 'string' } } });
const seed = values.seed ?? process.env.GALLEY_SEED ?? String(Date.now() % LARGEST_SEED);
const folder = join(root, '.cache/verify');
const env = { ...process.env, GALLEY_VERIFY_PRIVACY: '1', GALLEY_SEED: seed, GALLEY_LONG: values.long ? '1' : '0' };

process.stdout.write(`verifying privacy: ${values.long ? 'the campaign' : 'a short run'}, seed ${seed}\n`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const counts: Record<string, number | null> = {};
let failedTests = 0;
for (const suite of SUITES) {
  const { cases, failed } = await runSuite(suite);
  counts[suite.name] = cases;
  failedTests += failed;
}
counts.mutationScore = await mutate();
const verdict = verdictOf(counts as unknown as Counts, failedTests);
process.stdout.write(`\n${tableOf(verdict)}\n${lastLineOf(verdict)}\n`);
process.exitCode = verdict.failed > 0 ? 1 : 0;

async function runSuite(suite: Suite): Promise<{ cases: number | null; failed: number }> {
  const files = filesOf(suite, root);
  process.stdout.write(`${suite.name}: ${suite.title} (${files.length} files) …\n`);
  // Without a file vitest would run every test there is.
  if (files.length === 0) return { cases: null, failed: 0 };
  const tallyPath = join(folder, `${suite.name}.jsonl`);
  const countPath = join(folder, `${suite.name}.json`);
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files];
  const code = await run(suite.name, args, { GALLEY_TALLY: tallyPath, GALLEY_TEST_COUNT: countPath });
  const { passed, failed, complaints } = readTestCount(countPath);
  for (const complaint of complaints) process.stdout.write(`  ${complaint}\n`);
  const tallied = existsSync(tallyPath) ? readTally(readFileSync(tallyPath, 'utf8'), suite.name) : null;
  // Vitest also fails for what is no test, as an error after the last one.
  return { cases: suite.counts === 'tests' ? passed : tallied, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function readTestCount(path: string): TestCount {
  if (!existsSync(path)) return { passed: 0, failed: 1, complaints: ['the tests broke off before they could count'] };
  return JSON.parse(readFileSync(path, 'utf8')) as TestCount;
}

async function mutate(): Promise<number | null> {
  process.stdout.write('mutationScore: the tests notice a small change of the rules and mechanisms …\n');
  const long = values.long ? ['--long'] : [];
  const code = await run('mutationScore', [join(root, 'tools/mutate.ts'), '--seed', seed, ...long], {});
  const path = join(root, '.cache/mutation', values.long ? 'score-long.json' : 'score.json');
  if (code !== 0 || !existsSync(path)) return null;
  const { total, survivors } = JSON.parse(readFileSync(path, 'utf8')) as MutationSummary;
  const percent = (share: number): string => (100 * share).toFixed(1);
  process.stdout.write(
    `  ${total.killed} of ${total.tried} noticed; of all mutants ${percent(total.low)} to ${percent(total.high)} % at 95 %\n`,
  );
  for (const survivor of survivors) process.stdout.write(`  not noticed: ${survivor}\n`);
  return Number(total.score.toFixed(4));
}

// Shows the end of what a failed part printed; a part that holds is one line.
async function run(name: string, args: readonly string[], extra: Record<string, string>): Promise<number> {
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, 'w');
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', log, log], env: { ...env, ...extra } });
  const progress = setInterval(() => process.stdout.write(`  still running, ${seconds()}\n`), PROGRESS_MS);
  const stop = (): never => {
    child.kill();
    process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, stop);
  const code = await new Promise<number>((done) => child.on('close', (exitCode) => done(exitCode ?? 1)));
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.off(signal, stop);
  clearInterval(progress);
  closeSync(log);
  process.stdout.write(`  ${code === 0 ? 'holds' : 'FAILED'} after ${seconds()}\n`);
  if (code !== 0) {
    const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES);
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return code;
}

function tableOf(verdict: Verdict): string {
  const rows = [...SUITES, { name: 'mutationScore', title: 'share of small changes that the tests notice' } as const];
  const line = (name: string, count: number | null, title: string): string =>
    `${name.padEnd(16)} ${String(count ?? 'missing').padStart(10)}  ${title}`;
  return [
    ...rows.map(({ name, title }) => line(name, verdict[name], title)),
    line('failed', verdict.failed, 'tests that failed, and counts that are missing'),
  ].join('\n');
}
