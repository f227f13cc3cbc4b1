import { describe, expect, it } from 'vitest';
import { type MutationReport, summarise, wilson } from './score.ts';

type Status = readonly [status: string, reason?: string];

function reportOf(files: Readonly<Record<string, readonly Status[]>>): MutationReport {
  const mutant = ([status, statusReason]: Status, line: number) => ({
    mutatorName: 'EqualityOperator',
    replacement: 'a <=\n  b',
    status,
    location: { start: { line: line + 1, column: 3 } },
    ...(statusReason === undefined ? {} : { statusReason }),
  });
  return {
    files: Object.fromEntries(Object.entries(files).map(([path, found]) => [path, { mutants: found.map(mutant) }])),
  };
}

describe('the mutation score', () => {
  const report = reportOf({
    'policies/account/zcdp.ts': [['Killed'], ['Timeout'], ['Survived'], ['Killed']],
    'policies/rules/read-rules.ts': [['NoCoverage'], ['Killed'], ['RuntimeError'], ['Ignored', 'Static mutant (…)']],
    'policies/rules/rules.ts': [
      ['CompileError', 'not in the sample'],
      ['CompileError', 'types'],
    ],
  });

  it('is the share of changes noticed, those that never end among them and those that no test runs against them', () => {
    expect(summarise(report).total).toMatchObject({ tried: 6, killed: 4, survived: 2, uncovered: 1, score: 4 / 6 });
  });

  it('is told by folder', () => {
    const { folders } = summarise(report);
    expect(Object.keys(folders)).toEqual(['policies/account', 'policies/rules']);
    expect(folders['policies/account']).toMatchObject({ tried: 4, killed: 3, score: 0.75 });
    expect(folders['policies/rules']).toMatchObject({ tried: 2, killed: 1, score: 0.5 });
  });

  it('names each survivor by its place, on one line', () => {
    expect(summarise(report).survivors).toEqual([
      'policies/account/zcdp.ts:3:3 EqualityOperator → a <= b',
      'policies/rules/read-rules.ts:1:3 EqualityOperator → a <= b',
    ]);
  });

  it('counts apart what was not tried, and why', () => {
    expect(summarise(report)).toMatchObject({ staticCount: 1, unviableCount: 2, leftOutCount: 1 });
  });

  it('is none when nothing was tried, or not all of it', () => {
    expect(() => summarise(reportOf({ 'policies/a/b.ts': [['RuntimeError']] }))).toThrow('no mutant was tried');
    expect(() => summarise(reportOf({ 'policies/a/b.ts': [['Killed'], ['Pending']] }))).toThrow('not finished');
  });
});

describe('the interval of a share', () => {
  // Worked out by hand from the formula, to three digits.
  it.each([
    [0, 10, 0, 0.278],
    [10, 10, 0.722, 1],
    [5, 10, 0.237, 0.763],
    [18, 20, 0.699, 0.972],
  ])('of %d in %d reaches from %d to %d', (count, total, low, high) => {
    const [a, b] = wilson(count, total);
    expect(a).toBeCloseTo(low, 3);
    expect(b).toBeCloseTo(high, 3);
  });
});
