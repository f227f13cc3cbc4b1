import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { untilNextStep } from './quantised-time.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The end of something that began 1,000 ms after 1970 and took so long; and whether something was begun in its wait. */
async function endOf(tookMs: number) {
  vi.setSystemTime(1_000 + tookMs);
  const meanwhile = vi.fn();
  const ended = untilNextStep(1_000, Date.now, meanwhile);
  // What is begun meanwhile is begun with the wait, and not after it.
  const hasBegun = meanwhile.mock.calls.length === 1;
  await vi.runAllTimersAsync();
  return { shownAtMs: await ended, waitedUntilMs: Date.now(), hasBegun };
}

describe('the end of a job', () => {
  it('shows at whole steps since its beginning', async () => {
    expect(await endOf(1)).toMatchObject({ shownAtMs: 1_250, waitedUntilMs: 1_250 });
    expect(await endOf(249)).toMatchObject({ shownAtMs: 1_250, waitedUntilMs: 1_250 });
    expect(await endOf(250)).toMatchObject({ shownAtMs: 1_250, waitedUntilMs: 1_250 });
    expect(await endOf(251)).toMatchObject({ shownAtMs: 1_500, waitedUntilMs: 1_500 });
  });

  it('is not held up by what is done meanwhile: where there is little time, nothing is', async () => {
    expect(await endOf(100)).toMatchObject({ hasBegun: true });
    expect(await endOf(200)).toMatchObject({ hasBegun: true });
    expect(await endOf(201)).toMatchObject({ hasBegun: false });
    expect(await endOf(250)).toMatchObject({ hasBegun: false });
  });
});
