// Runs the tests and ends with one line that cannot be misread: `N passed, N failed`. Arguments go to vitest.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run-command.ts';
import type { TestCount } from './test-count-reporter.ts';

const folder = join(root, '.cache');
const countPath = join(folder, `test-count-${process.pid}.json`);

// A run that died before counting has not passed.
const brokenRun: TestCount = { passed: 0, failed: 1, complaints: ['the test run broke off before it could count'] };

mkdirSync(folder, { recursive: true });
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, GALLEY_TEST_COUNT: countPath },
});
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  const { passed, failed, complaints } = readTestCount();
  for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  const isGreen = code === 0 && failed === 0 && passed > 0;
  process.exitCode = isGreen ? 0 : code || 1;
});

function readTestCount(): TestCount {
  try {
    return JSON.parse(readFileSync(countPath, 'utf8')) as TestCount;
  } catch {
    return brokenRun;
  } finally {
    rmSync(countPath, { force: true });
  }
}
