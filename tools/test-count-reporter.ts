import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** The count that ends a test run, and why it is not higher: one line a test that was left out or a file that broke. */
export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly complaints: readonly string[];
}

/**
 * Counts the tests of a run and writes them as JSON to the file named by GALLEY_TEST_COUNT, if any.
 *
 * A skipped test counts as failed: whoever reads "0 failed" must be able to rely on everything having run. Tests left
 * out by a name filter on the command line are not counted at all: there a person chose.
 */
export class TestCountReporter implements Reporter {
  #isFiltered = false;

  /** Called by vitest at the start. */
  onInit(vitest: Vitest): void {
    this.#isFiltered = vitest.config.testNamePattern !== undefined;
  }

  /** Called by vitest at the end. */
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const path = process.env.GALLEY_TEST_COUNT;
    if (path !== undefined) writeFileSync(path, JSON.stringify(this.#count(modules, unhandledErrors)));
  }

  #count(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): TestCount {
    let passed = 0;
    let failed = unhandledErrors.length;
    const complaints = unhandledErrors.map(() => 'an error outside any test');
    for (const module of modules) {
      const brokenCount = module.errors().length + [...module.children.allSuites()].flatMap((s) => s.errors()).length;
      if (brokenCount > 0) complaints.push(`${module.relativeModuleId}: fails outside its tests`);
      failed += brokenCount;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else if (!this.#isFiltered) {
          failed += 1;
          complaints.push(`${module.relativeModuleId}: "${test.fullName}" did not run; a skip is a defect`);
        }
      }
    }
    return { passed, failed, complaints };
  }
}
