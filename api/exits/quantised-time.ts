/**
 * The step at which the end of a job shows. How long a run took depends on the data; a caller may learn it only as a
 * multiple of this.
 */
const TIME_STEP_MS = 250;

/** The shortest wait in which something else is begun: starting two processes holds this one up for a third of it. */
const MIN_MEANWHILE_MS = 50;

/**
 * Waits until a whole number of steps since a beginning, and gives that moment: how late the wait ended is nobody's to
 * know.
 *
 * `meanwhile` is done in a wait that is long enough for it, and in no other.
 */
export async function untilNextStep(
  beganAtMs: number,
  nowMs: () => number,
  meanwhile: () => void = () => {},
): Promise<number> {
  const tookMs = nowMs() - beganAtMs;
  const stepMs = Math.ceil(tookMs / TIME_STEP_MS) * TIME_STEP_MS;
  const leftMs = stepMs - tookMs;
  if (leftMs > 0) {
    const step = new Promise((resolve) => setTimeout(resolve, leftMs));
    // What would still go on at the step would make its end late, by as much as the run was long.
    if (leftMs >= MIN_MEANWHILE_MS) meanwhile();
    await step;
  }
  return beganAtMs + stepMs;
}
