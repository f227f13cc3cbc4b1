import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Seat } from '../../sandbox/index.ts';
import type { Principal } from '../auth/index.ts';
import { beginCallWork, beginWork } from './work.ts';

const LONG_MS = 600_000;
const NEVER = new AbortController().signal;
const principal: Principal = { principal: 'lin', member: 'chenxi', role: 'brand', scopes: { collaborations: [] } };

describe('work of several jobs', () => {
  it('gives each what is left of its time, not the whole of it anew', async () => {
    const work = beginWork({ lane: 'chenxi', maxMs: LONG_MS, signal: NEVER });
    const first = work.nextJob();
    await sleep(20);
    const second = work.nextJob();
    expect(first.deadlineMs).toBeLessThanOrEqual(LONG_MS);
    // A timer may fire a millisecond early.
    expect(second.deadlineMs).toBeLessThanOrEqual(first.deadlineMs - 19);
    expect(work.jobCount()).toBe(2);
  });

  it('has all its jobs in the lane and on the seat of its member', () => {
    const seat: Seat = { lane: 'chenxi', leave: () => {} };
    const work = beginWork({ lane: 'chenxi', maxMs: LONG_MS, signal: NEVER, seat });
    for (const job of [work.nextJob(), work.nextJob()]) expect(job).toMatchObject({ lane: 'chenxi', seat });
  });

  it('for a call has begun when the call arrived, and ends with it', () => {
    const controller = new AbortController();
    const call = { principal, receivedAtMs: 1_000_000, signal: controller.signal };
    const work = beginCallWork({ nowMs: () => 1_045_000 }, call, { maxMs: 50_000 });
    const { deadlineMs, lane, signal } = work.nextJob();
    expect(deadlineMs).toBeLessThanOrEqual(5_000);
    expect(lane).toBe('chenxi');
    expect(work.isOver()).toBe(false);
    controller.abort();
    expect(signal?.aborted).toBe(true);
    expect(beginCallWork({ nowMs: () => 1_050_000 }, call, { maxMs: 50_000 }).isOver()).toBe(true);
  });

  it('gains nothing by a clock that is set back', () => {
    const call = { principal, receivedAtMs: 1_000_000, signal: NEVER };
    const work = beginCallWork({ nowMs: () => 1 }, call, { maxMs: 50_000 });
    expect(work.nextJob().deadlineMs).toBeLessThanOrEqual(50_000);
  });

  it('waits for what it shares with others no longer than its own time', async () => {
    const endless = new Promise<void>(() => {});
    const late = beginWork({ lane: 'chenxi', maxMs: 20, signal: NEVER });
    await expect(late.waitFor(endless)).rejects.toMatchObject({ code: 'RUN_FAILED' });
    const controller = new AbortController();
    const cancelled = beginWork({ lane: 'chenxi', maxMs: LONG_MS, signal: controller.signal }).waitFor(endless);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const patient = beginWork({ lane: 'chenxi', maxMs: LONG_MS, signal: NEVER });
    await expect(patient.waitFor(Promise.resolve())).resolves.toBeUndefined();
    await expect(patient.waitFor(Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  });
});
