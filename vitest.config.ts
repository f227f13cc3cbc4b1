import { defineConfig } from 'vitest/config';
import { TestCountReporter } from './tools/test-count-reporter.ts';

const TEST_TIMEOUT_MS = 60_000; // a cold wall starts in a quarter of a second; the rest is room for a loaded machine
const HOOK_TIMEOUT_MS = 120_000; // hooks start whole services, and wait for them to stop

const WORKER_COUNT = 5;

// What takes minutes of a slow machine, or packages of another language, is run by its own task; the variable says which.
const OF_TASKS: Readonly<Record<string, string>> = {
  GALLEY_VERIFY_INGEST: 'test/proof/ingest/full-disk.test.ts',
  GALLEY_VERIFY_LOG: 'test/outside/stock-log.test.ts',
  // Breaks plans on purpose and asks whether the comparison of the same task sees it: a test of that test.
  GALLEY_VERIFY_PRIVACY: 'policies/plan/broken-bounds.bounds.test.ts',
};
const elsewhere = Object.entries(OF_TASKS).flatMap(([flag, file]) => (process.env[flag] === '1' ? [] : [file]));

// A process of its own costs a test file half a second and more, most of it for loading what the file before it had loaded
// as well. So a process runs one file after another, with its modules; their engine and their services are their own. Left
// alone are files that look at the very process that they run in, attack it, or ask much of the engine for long.
const ALONE = [
  'sandbox/host/**/*.test.ts',
  'sandbox/worker/**/*.test.ts',
  'test/attacks/wall/**/*.test.ts',
  'test/{fuzz,proof}/**/*.test.ts',
  '**/*.bounds.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'together', include: ['**/*.test.ts'], exclude: ALONE, isolate: false } },
    ],
    exclude: ['**/node_modules/**', '.cache/**', '.galley/**', 'coverage/**', ...elsewhere],
    setupFiles: ['test/support/new-file.ts'],
    // Processes, not threads: bubblewrap ties a worker's life to the thread that started it.
    pool: 'forks',
    // Most tests wait for services more than they compute: four at once left two cores idle for a third of the time.
    maxWorkers: WORKER_COUNT,
    allowOnly: false,
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: HOOK_TIMEOUT_MS,
    reporters: ['default', new TestCountReporter()],
    coverage: { provider: 'v8', include: ['{policies,sandbox,audit,api,cli}/**/*.ts'], exclude: ['**/*.test.ts'] },
  },
});
