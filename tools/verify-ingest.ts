// `npm run verify:ingest`: kills the service while members bring data, fills its disk, and looks at what is left; the last
// line is one of JSON. A short run takes some minutes on two cores; `--long` is the campaign of hundreds of kills.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { root } from './run-command.ts';
import type { TestCount } from './test-count-reporter.ts';
import { ingestLastLineOf, ingestVerdictOf, isHolding } from './verify/ingest-verdict.ts';

/** What shows it; each test says in its name what holds. */
const PATTERN = 'test/proof/ingest/*.test.ts';
/** How often a run that takes long says that it still runs. */
const PROGRESS_MS = 20_000;
/** What is shown of a run that failed; the rest is in its log. */
const SHOWN_LINES = 120;
const LARGEST_SEED = 1_000_000_007;
/** The exit code of a run that somebody stopped. */
const INTERRUPTED = 130;

const { values } = parseArgs({ options: { long: { type: 'boolean', default: false }, seed: { type: 'string' } } });
const seed = values.seed ?? process.env.GALLEY_SEED ?? String(Date.now() % LARGEST_SEED);
const folder = join(root, '.cache/verify-ingest');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const paths = {
  log: join(folder, 'tests.log'),
  tally: join(folder, 'tally.jsonl'),
  count: join(folder, 'count.json'),
};

process.stdout.write(`verifying data in: ${values.long ? 'the campaign' : 'a short run'}, seed ${seed}\n`);
const files = globSync(PATTERN, { cwd: root }).toSorted();
// Without a file vitest would run every test there is.
const code = files.length === 0 ? 1 : await runTests();
const { failed, complaints } = readTestCount();
for (const complaint of complaints) process.stdout.write(`  ${complaint}\n`);
const verdict = ingestVerdictOf(textOf(paths.tally), failed === 0 && code !== 0 ? 1 : failed);
process.exitCode = isHolding(verdict) ? 0 : 1;
process.stdout.write(`${ingestLastLineOf(verdict)}\n`);

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function readTestCount(): TestCount {
  if (!existsSync(paths.count)) {
    return { passed: 0, failed: 1, complaints: ['the tests broke off before they could count'] };
  }
  return JSON.parse(readFileSync(paths.count, 'utf8')) as TestCount;
}

async function runTests(): Promise<number> {
  const log = openSync(paths.log, 'w');
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  // One file after the other: services that are killed and started again need the machine for themselves.
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--no-file-parallelism', ...files];
  const env = {
    ...process.env,
    GALLEY_VERIFY_INGEST: '1',
    GALLEY_SEED: seed,
    GALLEY_LONG: values.long ? '1' : '0',
    GALLEY_TALLY: paths.tally,
    GALLEY_TEST_COUNT: paths.count,
  };
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', log, log], env });
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
    process.stdout.write(`${textOf(paths.log).trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')}\n`);
  }
  return exitCode;
}
