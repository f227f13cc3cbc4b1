/**
 * The step at which the end of a job shows. How long a run took depends on the data; a caller may learn it only as a
 * multiple of this.
 */
const TIME_STEP_MS = 250;

/**
 * Waits until a whole number of steps since a beginning, and gives that moment: how late the wait ended is nobody's to
 * know.
 */
export async function untilNextStep(beganAtMs: number, nowMs: () => number): Promise<number> {
  const tookMs = nowMs() - beganAtMs;
  const stepMs = Math.ceil(tookMs / TIME_STEP_MS) * TIME_STEP_MS;
  if (stepMs > tookMs) await new Promise((resolve) => setTimeout(resolve, stepMs - tookMs));
  return beganAtMs + stepMs;
}
