/**
 * Standard deviations within which a normal variable stays, on each side, so that one, two or three of them together
 * stay with 95 % (each errs with a first, half or third of 5 %, after Bonferroni).
 */
const DEVIATIONS_95 = [1.959964, 2.241403, 2.39398] as const;

/** Standard deviations that hold `count` normal variables together with 95 %. */
export function deviations95(count: 1 | 2 | 3): number {
  return DEVIATIONS_95[count - 1] ?? DEVIATIONS_95[2];
}
