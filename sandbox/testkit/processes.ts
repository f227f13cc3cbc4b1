import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;

/** The kernel's own unit of processor time, the same on every x86-64. */
const TICKS_A_SECOND_COUNT = 100;

/** Tells whether a process runs; one that has ended and is not yet collected does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Gives the processes that a process has started and that run, theirs included. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Waits until something is so; the test's own limit ends the wait. */
export async function until(isSo: () => boolean, everyMs = LOOK_MS): Promise<void> {
  while (!isSo()) await sleep(everyMs);
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(' ').filter(Boolean).map(Number).filter(isRunning);
  } catch {
    return [];
  }
}

/** Tells whether a process has computed for a second or more: a worker that waits has not. */
export function isBusy(pid: number): boolean {
  return ticksOf(pid) >= TICKS_A_SECOND_COUNT;
}

/** Gives the processor time of a process so far, in the kernel's ticks; 0 for one that is gone. */
export function ticksOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
