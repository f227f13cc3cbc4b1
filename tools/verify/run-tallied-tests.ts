import { spawn } from 'node:child_process';
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { root } from '../run-command.ts';
import type { TestCount } from '../test-count-reporter.ts';

/** How often a run that takes long says that it still runs. */
const PROGRESS_MS = 20_000;
/** What is shown of a run that failed; the rest is in its log. */
const SHOWN_LINES = 120;
const LARGEST_SEED = 1_000_000_007;
/** The exit code of a run that somebody stopped. */
const INTERRUPTED = 130;

/** Tests that together show something, and count what they tried. */
export interface TalliedTests {
  /** Names the folder of the run, for example `verify-ingest`. */
  readonly name: string;
  /** What is verified, for the first line. */
  readonly title: string;
  /** Which test files. */
  readonly pattern: string;
  /** The variable that tells the tests that they run here, and not among all. */
  readonly flag: string;
}

/** What tests counted, as lines of a tally, and how many failed. */
export interface TalliedRun {
  readonly tallied: string;
  /** At least one where the tests broke off, or there were none. */
  readonly failedTests: number;
}

/** Runs tests one file after the other, says that they still run, and shows the end of what failed. */
export async function runTalliedTests({ name, title, pattern, flag }: TalliedTests): Promise<TalliedRun> {
  const { values } = parseArgs({ options: { long: { type: 'boolean', default: false }, seed: { type: 'string' } } });
  const seed = values.seed ?? process.env.GALLEY_SEED ?? String(Date.now() % LARGEST_SEED);
  const folder = join(root, '.cache', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [tally, count] = [join(folder, 'tally.jsonl'), join(folder, 'count.json')];
  process.stdout.write(`verifying ${title}: ${values.long ? 'the campaign' : 'a short run'}, seed ${seed}\n`);
  const files = globSync(pattern, { cwd: root }).toSorted();
  const env = {
    [flag]: '1',
    GALLEY_SEED: seed,
    GALLEY_LONG: values.long ? '1' : '0',
    GALLEY_TALLY: tally,
    GALLEY_TEST_COUNT: count,
  };
  // Without a file vitest would run every test there is.
  const code = files.length === 0 ? 1 : await runTests(files, env, join(folder, 'tests.log'));
  const { failed, complaints } = readTestCount(count);
  for (const complaint of complaints) process.stdout.write(`  ${complaint}\n`);
  return { tallied: textOf(tally), failedTests: failed === 0 && code !== 0 ? 1 : failed };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function readTestCount(path: string): TestCount {
  if (!existsSync(path)) return { passed: 0, failed: 1, complaints: ['the tests broke off before they could count'] };
  return JSON.parse(readFileSync(path, 'utf8')) as TestCount;
}

async function runTests(files: readonly string[], env: Record<string, string>, logPath: string): Promise<number> {
  const log = openSync(logPath, 'w');
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  // One file after the other: services that are killed and started again need the machine for themselves.
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--no-file-parallelism', ...files];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  const progress = setInterval(() => process.stdout.write(`  still running, ${seconds()}\n`), PROGRESS_MS);
  const stop = (): never => {
    child.kill();
    process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, stop);
  const exitCode = await new Promise<number>((done) => child.on('close', (ended) => done(ended ?? 1)));
  clearInterval(progress);
  closeSync(log);
  process.stdout.write(`  ${exitCode === 0 ? 'holds' : 'FAILED'} after ${seconds()}\n`);
  if (exitCode !== 0) {
    process.stdout.write(`${textOf(logPath).trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')}\n`);
  }
  return exitCode;
}
