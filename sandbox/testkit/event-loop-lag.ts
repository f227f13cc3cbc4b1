import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
const NANOSECONDS_A_MILLISECOND = 1_000_000;

/** Does work and tells how long this process's event loop was held up at most while it went on, in milliseconds. */
export async function longestLagMs(name: string, work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  try {
    await work();
  } finally {
    delay.disable();
  }
  const toMs = (ns: number) => Math.round(ns / NANOSECONDS_A_MILLISECOND);
  const [median, longest] = [toMs(delay.percentile(50)), toMs(delay.max)];
  process.stdout.write(`event-loop lag, ${name}: median ${median} ms, longest ${longest} ms\n`);
  return longest;
}
