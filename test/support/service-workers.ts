import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import { questionOf } from './service-questions.ts';
import type { ServiceStage } from './service-stage.ts';

/** Spares of a service at rest: two for data, two for reading questions. */
const SPARE_COUNT = 4;
const DATA_SPARE_COUNT = 2;
const REST_MS = 500;
const PATIENCE = { timeout: 60_000, interval: 50 };

/** Tells whether a process runs or is stopped; one that has ended and is not yet collected does neither. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a process is gone. */
export async function untilGone(pid: number): Promise<void> {
  await vi.waitFor(() => {
    if (isThere(pid)) throw new Error(`process ${pid} is still there`);
  }, PATIENCE);
}

/**
 * The workers that the next jobs over data will get, found by their names alone: what reads questions is used up first,
 * by somebody whose questions cannot be read.
 */
export async function dataSparesOf(stage: ServiceStage, collaborationId: string): Promise<readonly number[]> {
  const spares = await workersAtRest(stage);
  while (spares.filter(isThere).length > DATA_SPARE_COUNT) {
    await stage.as('platform').queries.explain(questionOf(collaborationId, 'select from'));
    await workersAtRest(stage);
  }
  return spares.filter(isThere);
}

/** Stops processes where they stand: a worker that hangs, whatever hangs in it. */
export function stop(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
}

/** Ends processes, those that are gone already included: nothing that a test has stopped may outlive it. */
export function kill(pids: readonly number[]): void {
  for (const pid of pids.filter(isThere)) process.kill(pid, 'SIGKILL');
}

/** Waits until jobs have got the workers that were spares: others have then been started in their place. */
export async function untilTaken(stage: ServiceStage, spares: readonly number[], count: number): Promise<void> {
  await vi.waitFor(() => {
    const others = stage.service.workers().filter((pid) => !spares.includes(pid));
    if (others.length < SPARE_COUNT - DATA_SPARE_COUNT + count) throw new Error('no job has got a worker yet');
  }, PATIENCE);
}

async function workersAtRest(stage: ServiceStage): Promise<readonly number[]> {
  return await vi.waitFor(async () => {
    const before = stage.service.workers().toSorted();
    await sleep(REST_MS);
    const after = stage.service.workers().toSorted();
    if (after.length !== SPARE_COUNT || after.join() !== before.join()) throw new Error('the service is not at rest');
    return after;
  }, PATIENCE);
}
