import { defineConfig } from 'vitest/config';
import { TestCountReporter } from './tools/test-count-reporter.ts';

const TEST_TIMEOUT_MS = 60_000; // a cold wall starts in a quarter of a second; the rest is room for a loaded machine
const HOOK_TIMEOUT_MS = 120_000; // hooks start whole services, and wait for them to stop

const WORKER_COUNT = 3;

// A disk that fills takes two minutes of a slow machine: `npm run verify:ingest` runs it, `npm test` the loop of kills alone.
const CAMPAIGNS = process.env.GALLEY_VERIFY_INGEST === '1' ? [] : ['test/proof/ingest/full-disk.test.ts'];

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.cache/**', '.galley/**', 'coverage/**', ...CAMPAIGNS],
    // Processes, not threads: bubblewrap ties a worker's life to the thread that started it.
    pool: 'forks',
    // Most tests wait for services more than they compute: three at once on two cores end sooner, and none starves.
    maxWorkers: WORKER_COUNT,
    allowOnly: false,
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: HOOK_TIMEOUT_MS,
    reporters: ['default', new TestCountReporter()],
    coverage: { provider: 'v8', include: ['{policies,sandbox,audit,api,cli}/**/*.ts'], exclude: ['**/*.test.ts'] },
  },
});
