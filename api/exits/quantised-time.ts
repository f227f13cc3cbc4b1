/**
 * The step at which the end of a job shows. How long a run took depends on the data; a caller may learn it only as a
 * multiple of this.
 */
const TIME_STEP_MS = 250;

/** Waits until a whole number of steps since a beginning. */
export async function untilNextStep(beganAtMs: number, nowMs: () => number): Promise<void> {
  const late = (nowMs() - beganAtMs) % TIME_STEP_MS;
  if (late > 0) await new Promise((resolve) => setTimeout(resolve, TIME_STEP_MS - late));
}
