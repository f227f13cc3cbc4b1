import { readFileSync } from 'node:fs';
import type { ServiceProcess } from '../test/support/service-process.ts';

const SAMPLE_MS = 50;
const KIB_PER_MIB = 1_024;

/** The most memory that a service and its workers had while something ran, in MiB. */
export interface PeakMemory {
  /** What the service grew by, over what it had at rest. */
  readonly serviceGrowthMib: number;
  /** The largest of its workers. */
  readonly workerMib: number;
}

/** Watches a service and the workers behind its wall until something ends. */
export async function watchMemory(service: ServiceProcess, work: () => Promise<unknown>): Promise<PeakMemory> {
  const atRest = statusMib(service.pid, 'VmRSS');
  let [serviceMib, workerMib] = [atRest, 0];
  const timer = setInterval(() => {
    serviceMib = Math.max(serviceMib, statusMib(service.pid, 'VmRSS'));
    // What a worker had at its height stays in its status until it ends.
    for (const pid of service.workers()) workerMib = Math.max(workerMib, statusMib(pid, 'VmHWM'));
  }, SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { serviceGrowthMib: serviceMib - atRest, workerMib };
}

/** What the system says of a process, in MiB; 0 for one that is gone. */
export function statusMib(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / KIB_PER_MIB;
  } catch {
    // It has ended between the listing and the reading.
    return 0;
  }
}
