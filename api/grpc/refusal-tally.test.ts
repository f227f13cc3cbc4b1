import { describe, expect, it } from 'vitest';
import { type CountedRefusals, MAX_KIND_COUNT, makeRefusalTally, type Refusal } from './refusal-tally.ts';

function makeTally(windowMs = 60_000) {
  const passed: CountedRefusals[] = [];
  return { passed, tally: makeRefusalTally((refusals) => void passed.push(refusals), windowMs) };
}

const expired: Refusal = { kind: 'authentication-refused', reason: 'expired', action: 'read-log' };
const refusedTo = (principal: string): Refusal => ({
  kind: 'authorization-refused',
  action: 'read-log',
  principal,
  member: 'acme',
  resource: 'collaboration/c1',
});

describe('the tally of refusals', () => {
  it('passes the first on at once and its repetitions as one', () => {
    const { passed, tally } = makeTally();
    for (let atMs = 1; atMs <= 1000; atMs += 1) tally.record(expired, atMs);
    expect(passed).toEqual([{ refusal: expired, count: 1, firstAtMs: 1, lastAtMs: 1 }]);
    tally.flush();
    expect(passed[1]).toEqual({ refusal: expired, count: 999, firstAtMs: 2, lastAtMs: 1000 });
  });

  it('passes on what waits when the window ends', async () => {
    const { passed, tally } = makeTally(20);
    tally.record(expired, 1);
    tally.record(expired, 2);
    await expect.poll(() => passed.length).toBe(2);
  });

  it('passes on a bounded number of entries a window, and loses no count', () => {
    const { passed, tally } = makeTally();
    for (let at = 0; at < 10_000; at += 1) tally.record(refusedTo(`p${at % 5000}`), at);
    tally.flush();
    expect(passed.length).toBeLessThanOrEqual(2 * MAX_KIND_COUNT + 1);
    expect(passed.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
  });

  it('keeps nothing of one window for the next', () => {
    const { passed, tally } = makeTally();
    tally.record(expired, 1);
    tally.flush();
    tally.record(expired, 2);
    tally.flush();
    expect(passed.map(({ count }) => count)).toEqual([1, 1]);
  });
});
