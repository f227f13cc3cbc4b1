import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextShownMs, SHOWN_STEP_MS, waitUntil } from './shown-time.ts';

describe('the moment at which a delivery shows', () => {
  it('is a whole number of steps after its acceptance, at least one, and never in the past', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (acceptedAtMs, tookMs) => {
        const shownMs = nextShownMs(acceptedAtMs, acceptedAtMs + tookMs);
        expect((shownMs - acceptedAtMs) % SHOWN_STEP_MS).toBe(0);
        expect(shownMs).toBeGreaterThan(acceptedAtMs);
        expect(shownMs - (acceptedAtMs + tookMs)).toBeGreaterThanOrEqual(0);
        expect(shownMs - (acceptedAtMs + tookMs)).toBeLessThanOrEqual(SHOWN_STEP_MS);
      }),
    );
  });

  it('is waited for to the millisecond, and no longer than the service runs', async () => {
    const signal = new AbortController();
    const atMs = Date.now() + 30;
    await waitUntil(atMs, Date.now, signal.signal);
    expect(Date.now()).toBeGreaterThanOrEqual(atMs);
    const endless = waitUntil(Date.now() + 600_000, Date.now, signal.signal);
    signal.abort();
    await expect(endless).rejects.toThrow('aborted');
  });
});
