import { performance } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';

const MICROSECONDS_OF_A_MS = 1_000;

/** What something took: by the clock, and of the processor over all threads of this process. */
export interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** How long something takes. */
export async function timed(work: () => Promise<unknown>): Promise<Spent> {
  const [cpuBefore, began] = [cpuUsage(), performance.now()];
  await work();
  const { user, system } = cpuUsage(cpuBefore);
  return { wallMs: performance.now() - began, cpuMs: (user + system) / MICROSECONDS_OF_A_MS };
}
