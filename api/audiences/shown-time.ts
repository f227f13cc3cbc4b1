import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The step at which a delivery shows. How long selection and publication take depends on how many are in the audience;
 * everybody but the destination may learn it only as a multiple of this.
 */
export const SHOWN_STEP_MS = 5_000;

/** The first whole step after the acceptance that is not yet over. */
export function nextShownMs(acceptedAtMs: number, nowMs: number): number {
  return acceptedAtMs + Math.max(1, Math.ceil((nowMs - acceptedAtMs) / SHOWN_STEP_MS)) * SHOWN_STEP_MS;
}

/** Waits until a moment. @throws {Error} AbortError when the signal comes first */
export async function waitUntil(atMs: number, nowMs: () => number, signal: AbortSignal): Promise<void> {
  // A timer may fire a millisecond early; then there is one more.
  for (let leftMs = atMs - nowMs(); leftMs > 0; leftMs = atMs - nowMs()) await sleep(leftMs, undefined, { signal });
}
