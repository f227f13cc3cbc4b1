import { describe, expect, it } from 'vitest';
import { lastLineOf, verdictOf } from './verdict.ts';

const good = { boundingCases: 360, mechanismCases: 40, attackGames: 60, fuzzInputs: 2_000, mutationScore: 0.91 };

describe('the last line of a verification', () => {
  it('has the six fields in their order, and nothing failed', () => {
    expect(lastLineOf(verdictOf(good, 0))).toBe(
      '{"boundingCases":360,"mechanismCases":40,"attackGames":60,"fuzzInputs":2000,"failed":0,"mutationScore":0.91}',
    );
  });

  it.each(['boundingCases', 'mechanismCases', 'attackGames', 'fuzzInputs', 'mutationScore'] as const)(
    'fails when %s is missing, and does not call it 0',
    (name) => {
      const verdict = verdictOf({ ...good, [name]: null }, 0);
      expect(verdict.failed).toBe(1);
      expect(verdict[name]).toBeNull();
    },
  );

  it('fails when a part tried nothing', () => {
    expect(verdictOf({ ...good, fuzzInputs: 0 }, 0).failed).toBe(1);
  });

  it('adds failed tests to missing counts', () => {
    expect(verdictOf({ ...good, boundingCases: null, fuzzInputs: null }, 3).failed).toBe(5);
  });
});
