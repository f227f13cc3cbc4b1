import { defineConfig } from 'vitest/config';
import { TestCountReporter } from './tools/test-count-reporter.ts';

const TEST_TIMEOUT_MS = 60_000; // a cold wall starts in a quarter of a second; the rest is room for a loaded machine
const HOOK_TIMEOUT_MS = 120_000; // hooks start whole services, and wait for them to stop

const WORKER_COUNT = 4;

// What takes minutes of a slow machine, or packages of another language, is run by its own task; the variable says which.
const OF_TASKS: Readonly<Record<string, string>> = {
  GALLEY_VERIFY_INGEST: 'test/proof/ingest/full-disk.test.ts',
  GALLEY_VERIFY_LOG: 'test/outside/stock-log.test.ts',
  // Breaks plans on purpose and asks whether the comparison of the same task sees it: a test of that test.
  GALLEY_VERIFY_PRIVACY: 'policies/plan/broken-bounds.bounds.test.ts',
};
const elsewhere = Object.entries(OF_TASKS).flatMap(([flag, file]) => (process.env[flag] === '1' ? [] : [file]));

// Tests of pure rules leave nothing behind for each other: a process runs them one after another, and loads their modules
// and starts their engine once. Each loads the tables anew that it asks; only folders where all do so are named.
const PURE = ['policies/{check,protect,rules,syntax,template}/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      { extends: true, test: { name: 'whole', include: ['**/*.test.ts'], exclude: PURE } },
    ],
    exclude: ['**/node_modules/**', '.cache/**', '.galley/**', 'coverage/**', ...elsewhere],
    // Processes, not threads: bubblewrap ties a worker's life to the thread that started it.
    pool: 'forks',
    // Most tests wait for services more than they compute: four at once on two cores end sooner, and none starves.
    maxWorkers: WORKER_COUNT,
    allowOnly: false,
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: HOOK_TIMEOUT_MS,
    reporters: ['default', new TestCountReporter()],
    coverage: { provider: 'v8', include: ['{policies,sandbox,audit,api,cli}/**/*.ts'], exclude: ['**/*.test.ts'] },
  },
});
