// How a mutation run tests: the tests of policies/ alone, with the patience that instrumented code needs.
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const TEST_TIMEOUT_MS = 300_000; // the law of the noise takes seconds as it is, and minutes counted step by step
const HOOK_TIMEOUT_MS = 60_000; // as in every run

export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['**/*.test.ts'],
    allowOnly: false,
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: HOOK_TIMEOUT_MS,
  },
});
