import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSampled } from './sample.ts';

describe('a sample', () => {
  it('has each digest in one remainder, and about one in so many in each', () => {
    const digests = Array.from({ length: 6_000 }, () => randomBytes(32));
    const sizes = [0, 1, 2].map((remainder) => digests.filter((d) => isSampled(d, { oneIn: 3, remainder })).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(digests.length);
    // Seven standard deviations of a binomial of 6,000 and a third.
    for (const size of sizes) expect(Math.abs(size - 2_000)).toBeLessThan(256);
  });

  it('is all where it is one in one', () => {
    expect(isSampled(randomBytes(32), { oneIn: 1, remainder: 0 })).toBe(true);
  });
});
