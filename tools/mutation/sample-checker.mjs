// A plugin of Stryker that lets only the mutants of the sample through to the tests. Stryker takes ranges of the source,
// and a range holds every mutant inside the one that was drawn; those are reported as not compiling, which counts
// neither for nor against a score.
import { readFileSync } from 'node:fs';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { keyOf, LEFT_OUT } from './mutant-key.ts';

class SampleChecker {
  #drawn = new Set();

  async init() {
    this.#drawn = new Set(JSON.parse(readFileSync(process.env.GALLEY_MUTATION_SAMPLE, 'utf8')));
  }

  async check(mutants) {
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.#answerTo(mutant)]));
  }

  #answerTo(mutant) {
    return this.#drawn.has(keyOf(mutant)) ? { status: 'passed' } : { status: 'compileError', reason: LEFT_OUT };
  }
}

/** What Stryker looks for in a plugin. */
export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', SampleChecker)];
