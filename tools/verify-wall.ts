// `npm run verify:wall`: attacks the wall in every way the service is run, says attack by attack which layer stopped
// it, and ends with one line of JSON. A short run takes ten to twenty minutes on two cores; `--long` is the campaign.
import { spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { root } from './run-command.ts';
import type { TestCount } from './test-count-reporter.ts';
import { readTally } from './verify/read-tally.ts';
import { type Leg, legsOf } from './verify/wall-legs.ts';
import {
  type AttackLine,
  isHolding,
  readAttacks,
  type WallCounts,
  wallLastLineOf,
  wallVerdictOf,
} from './verify/wall-verdict.ts';

/** How often a run that takes long says that it still runs. */
const PROGRESS_MS = 20_000;
/** What is shown of a run that failed; the rest is in its log. */
const SHOWN_LINES = 80;
const LARGEST_SEED = 1_000_000_007;
/** The exit code of a run that somebody stopped. */
const INTERRUPTED = 130;
const COUNT_NAMES = ['hostileSyscalls', 'hostileFiles', 'serviceCrashes'] as const;

interface LegEnd {
  readonly attacks: readonly AttackLine[];
  readonly counts: WallCounts;
  readonly failedTests: number;
}

const { values } = parseArgs({ options: { long: { type: 'boolean', default: false }, seed: { type: 'string' } } });
const seed = values.seed ?? process.env.GALLEY_SEED ?? String(Date.now() % LARGEST_SEED);
const isRoot = process.getuid?.() === 0;

process.stdout.write(`verifying the wall: ${values.long ? 'the campaign' : 'a short run'}, seed ${seed}\n`);
if (!isRoot) process.stdout.write("started by an ordinary user: root's part of the verification is NOT run\n");
const { legs, close } = legsOf(root, isRoot);
process.once('exit', close);
const ends: LegEnd[] = [];
for (const [index, leg] of legs.entries()) ends.push(await runLeg(leg, index));
const verdict = wallVerdictOf(
  ends.flatMap(({ attacks }) => attacks),
  Object.fromEntries(
    COUNT_NAMES.map((name) => [name, sumOf(ends.map(({ counts }) => counts[name]))]),
  ) as unknown as WallCounts,
);
const failedTests = ends.reduce((sum, end) => sum + end.failedTests, 0);
process.exitCode = isHolding(verdict, failedTests) ? 0 : 1;
if (failedTests > 0) process.stdout.write(`\n${failedTests} tests failed or did not run\n`);
process.stdout.write(`\n${wallLastLineOf(verdict)}\n`);

// What nobody counted in any run is missing; what one run counted is not made good by another's silence.
function sumOf(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}

async function runLeg(leg: Leg, index: number): Promise<LegEnd> {
  const folder = join(leg.root, '.cache/verify-wall');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (leg.uid !== undefined) for (const made of [join(leg.root, '.cache'), folder]) chownSync(made, leg.uid, leg.uid);
  const files = [...new Set(globSync([...leg.patterns], { cwd: leg.root }))].sort();
  process.stdout.write(`\n${leg.title} (${files.length} files) …\n`);
  // Without a file vitest would run every test there is.
  if (files.length === 0) return { attacks: [], counts: countsOf(''), failedTests: 1 };
  const paths = {
    report: join(folder, 'report.jsonl'),
    tally: join(folder, 'tally.jsonl'),
    count: join(folder, 'count.json'),
  };
  const code = await runTests(leg, files, paths, join(folder, `${index}.log`));
  const { failed, complaints } = readTestCount(paths.count);
  for (const complaint of complaints) process.stdout.write(`  ${complaint}\n`);
  const attacks = readAttacks(textOf(paths.report));
  if (attacks === null) process.stdout.write('  the report of the attacks cannot be read\n');
  process.stdout.write(`${tableOf(attacks ?? [])}\n`);
  const broken = (attacks === null ? 1 : 0) + (failed === 0 && code !== 0 ? 1 : 0);
  return { attacks: attacks ?? [], counts: countsOf(textOf(paths.tally)), failedTests: failed + broken };
}

function countsOf(lines: string): WallCounts {
  return Object.fromEntries(COUNT_NAMES.map((name) => [name, readTally(lines, name)])) as unknown as WallCounts;
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function readTestCount(path: string): TestCount {
  if (!existsSync(path)) return { passed: 0, failed: 1, complaints: ['the tests broke off before they could count'] };
  return JSON.parse(readFileSync(path, 'utf8')) as TestCount;
}

async function runTests(
  leg: Leg,
  files: readonly string[],
  paths: { report: string; tally: string; count: string },
  logPath: string,
): Promise<number> {
  const log = openSync(logPath, 'w');
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  const child = spawn(process.execPath, [join(leg.root, 'node_modules/vitest/vitest.mjs'), 'run', ...files], {
    cwd: leg.root,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ...leg.env,
      GALLEY_SEED: seed,
      GALLEY_LONG: values.long ? '1' : '0',
      GALLEY_ATTACK_REPORT: paths.report,
      GALLEY_TALLY: paths.tally,
      GALLEY_TEST_COUNT: paths.count,
    },
    ...(leg.uid === undefined ? null : { uid: leg.uid, gid: leg.uid }),
  });
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
  if (code !== 0) process.stdout.write(`${textOf(logPath).trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')}\n`);
  return code;
}

function lineOf({ attack, isEscape, isLeftOut, stoppedBy }: AttackLine): string {
  if (isLeftOut) return `not run  ${attack}: ${stoppedBy}`;
  return isEscape ? `ESCAPED  ${attack}: nothing stopped it` : `held     ${attack}: ${stoppedBy}`;
}

// Attack by attack, by category.
function tableOf(attacks: readonly AttackLine[]): string {
  const lines: string[] = [];
  for (const category of new Set(attacks.map((entry) => entry.category))) {
    lines.push(`\n  ${category}`);
    for (const entry of attacks.filter((one) => one.category === category)) lines.push(`    ${lineOf(entry)}`);
  }
  return lines.join('\n');
}
