import { globSync } from 'node:fs';

/** A part of the tests that shows one thing about privacy. */
export interface Suite {
  readonly name: 'boundingCases' | 'mechanismCases' | 'attackGames' | 'fuzzInputs';
  readonly title: string;
  /** Which test files belong to it; test/README.md says the same to people. */
  readonly patterns: readonly string[];
  /** A case is what its tests tallied, or a test of its own. */
  readonly counts: 'tallied' | 'tests';
}

/** The parts, in the order of what everything rests on. */
export const SUITES: readonly Suite[] = [
  {
    name: 'boundingCases',
    title: 'one person changes the bounded output by no more than declared',
    patterns: ['policies/**/*.bounds.test.ts', 'policies/plan/contribution.test.ts'],
    counts: 'tallied',
  },
  {
    name: 'mechanismCases',
    title: 'each mechanism has its law',
    patterns: ['policies/**/*.law.test.ts', 'policies/account/*.test.ts', 'policies/protect/*.test.ts'],
    counts: 'tests',
  },
  {
    name: 'attackGames',
    title: 'no adversary wins more often than its bound',
    patterns: ['test/attacks/*.test.ts', 'test/attacks/larger-surface/**/*.test.ts'],
    counts: 'tests',
  },
  {
    name: 'fuzzInputs',
    title: 'whatever is asked, there is an answer of ours',
    patterns: ['test/fuzz/**/*.test.ts', 'policies/**/*.fuzz.test.ts'],
    counts: 'tallied',
  },
];

/** The test files of a part, each once and in order. */
export function filesOf(suite: Suite, root: string): readonly string[] {
  return [...new Set(globSync([...suite.patterns], { cwd: root }))].sort();
}
