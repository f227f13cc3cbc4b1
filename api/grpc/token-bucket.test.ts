import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTokenBuckets } from './token-bucket.ts';

describe('a token bucket', () => {
  it('gives a burst, then the steady rate, and says how long to wait', () => {
    const buckets = makeTokenBuckets({ callsPerSecond: 10, burstCallCount: 2 });
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('a', 0)]).toEqual([0, 0, 100]);
    expect(buckets.take('b', 0)).toBe(0);
    expect(buckets.take('a', 50)).toBe(50);
    expect(buckets.take('a', 100)).toBe(0);
  });

  it('never gives more than burst and rate together, however calls come and clocks jump', () => {
    const steps = fc.array(fc.integer({ min: -50, max: 200 }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (gapsMs) => {
        const buckets = makeTokenBuckets({ callsPerSecond: 5, burstCallCount: 3 });
        let [nowMs, forwardMs, taken] = [1_000, 0, 0];
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          forwardMs += Math.max(0, gapMs);
          if (buckets.take('a', nowMs) === 0) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(3 + (forwardMs * 5) / 1000);
      }),
    );
  });
});
