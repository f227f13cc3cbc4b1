// `npm run mutate`: changes the rules and mechanisms in small ways, one at a time, and counts the changes that the
// tests of policies/ notice. A short run tries a random sample and gives its score with an interval; `--long` tries all
// and goes on where an earlier run left off. Ends with what survived, and a last line of JSON.
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawSample, rangeOf } from './mutation/draw-sample.ts';
import { keyOf } from './mutation/mutant-key.ts';
import { type MutationReport, type MutationScore, type MutationSummary, summarise } from './mutation/score.ts';
import { root } from './run-command.ts';

/** Folders of policies/ in which a fault would let something out. */
const FOLDERS = ['account', 'check', 'plan', 'print', 'protect', 'rules', 'syntax'];
/** Mutants of a short run: about three minutes on two idle cores, and a score that is good to some ten percent. */
const SAMPLE_SIZE = 40;
/** Any number does; the same one repeats a run. */
const DEFAULT_SEED = '20111111';
/** Data sets of the property tests for each mutant: a fault they find, they find in the first few. */
const PROPERTY_RUNS = '3';
/** What a mutant may take beyond one and a half times the tests that it fails: longer is taken for never ending. */
const TIMEOUT_MS = 15_000;

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: process.env.GALLEY_SEED ?? DEFAULT_SEED },
    sample: { type: 'string', default: String(SAMPLE_SIZE) },
    folders: { type: 'string', default: FOLDERS.join(',') },
    fresh: { type: 'boolean', default: false },
  },
});

// Texts are messages, which tests do not assert by design, or SQL, which golden files hold to the letter; and an object
// without its fields does not pass the compiler. Neither says anything of the tests.
const EXCLUDED_MUTATIONS = ['StringLiteral', 'ObjectLiteral'];

const folder = join(root, '.cache/mutation');
const reportPath = join(folder, 'report.json');
const samplePath = join(folder, 'sample.json');
const configPath = join(folder, 'stryker.json');
const summaryPath = join(folder, values.long ? 'score-long.json' : 'score.json');

mkdirSync(folder, { recursive: true });
for (const path of [reportPath, summaryPath]) rmSync(path, { force: true });
const ranges = values.long ? sourcesToMutate() : await drawRanges();
writeFileSync(configPath, JSON.stringify(configuration(ranges), null, 2));
const code = await runStryker();
if (code === 0 && existsSync(reportPath)) report();
else process.stdout.write('the mutation run broke off: no score\n');
process.exitCode = code === 0 && existsSync(summaryPath) ? 0 : 1;

function sourcesToMutate(): readonly string[] {
  process.stdout.write(`mutating policies/{${values.folders}}, seed ${values.seed}\n`);
  const patterns = values.folders.split(',').map((name) => `policies/${name}/**/*.ts`);
  return globSync(patterns, { cwd: root }).filter((path) => !/(\.test|\/index)\.ts$/.test(path));
}

async function drawRanges(): Promise<readonly string[]> {
  const { population, mutants } = await drawSample(
    sourcesToMutate().map((path) => join(root, path)),
    { seed: values.seed, size: Number(values.sample), excludedMutations: EXCLUDED_MUTATIONS },
  );
  writeFileSync(samplePath, JSON.stringify(mutants.map(keyOf)));
  process.stdout.write(`a sample of ${mutants.length} of ${population} mutants\n`);
  return mutants.map(rangeOf);
}

function report(): void {
  const summary = summarise(JSON.parse(readFileSync(reportPath, 'utf8')) as MutationReport);
  writeFileSync(summaryPath, JSON.stringify({ seed: values.seed, ...summary }, null, 2));
  print(summary);
}

function configuration(mutate: readonly string[]): object {
  return {
    testRunner: 'vitest',
    vitest: { configFile: 'tools/mutation/vitest.config.ts', dir: 'policies' },
    plugins: ['@stryker-mutator/vitest-runner', join(root, 'tools/mutation/sample-checker.mjs')],
    checkers: values.long ? [] : ['sample'],
    mutate,
    mutator: { excludedMutations: EXCLUDED_MUTATIONS },
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    ignorePatterns: ['.cache', '.galley', 'coverage'],
    tempDirName: join('.cache', 'mutation', 'sandboxes'),
    incremental: values.long,
    incrementalFile: join('.cache', 'mutation', 'incremental.json'),
    force: values.fresh,
    concurrency: 2,
    timeoutMS: TIMEOUT_MS,
    dryRunTimeoutMinutes: 20,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: reportPath },
    allowConsoleColors: false,
  };
}

function runStryker(): Promise<number> {
  const program = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const child = spawn(process.execPath, [program, 'run', configPath], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      GALLEY_SEED: values.seed,
      GALLEY_RUNS: PROPERTY_RUNS,
      GALLEY_LONG: '0',
      GALLEY_MUTATION_SAMPLE: samplePath,
    },
  });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((done) => child.on('exit', (exitCode) => done(exitCode ?? 1)));
}

function print({ folders, total, survivors, staticCount, unviableCount, leftOutCount }: MutationSummary): void {
  for (const [name, score] of Object.entries(folders)) process.stdout.write(`${lineOf(name, score)}\n`);
  process.stdout.write(`${lineOf('all', total)}\n\nsurvived:\n`);
  for (const survivor of survivors) process.stdout.write(`  ${survivor}\n`);
  process.stdout.write(
    `\nnot counted: ${staticCount} of tables and constants, ${unviableCount} that do not run, ${leftOutCount} outside the sample\n`,
  );
  const { score, low, high, tried } = total;
  process.stdout.write(`${JSON.stringify({ mutationScore: score, low, high, tried, seed: values.seed })}\n`);
}

function lineOf(name: string, { tried, killed, uncovered, score, low, high }: MutationScore): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const counts = `${killed} of ${tried} noticed, ${uncovered} run by no test`;
  return `${name.padEnd(18)} ${percent(score).padStart(7)}  (${percent(low)} to ${percent(high)} at 95 %; ${counts})`;
}
