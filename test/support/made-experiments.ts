import type { ArmCounts, NoisyNumber } from '../../policies/index.ts';

/** Numbers between 0 and 1 that a seed decides; fast, as experiments draw millions (Mulberry32). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many of `count` tries succeed: jumps from one success to the next, so that small rates cost little. */
export function drawBinomial(count: number, ratio: number, uniform: () => number): number {
  if (ratio <= 0) return 0;
  if (ratio >= 1) return count;
  const log = Math.log1p(-ratio);
  let successes = 0;
  for (let at = Math.floor(Math.log(1 - uniform()) / log); at < count; successes += 1) {
    at += 1 + Math.floor(Math.log(1 - uniform()) / log);
  }
  return successes;
}

/** A released number: the truth and whole noise of a variance. */
export function releasedOf(truth: number, noiseVariance: number, uniform: () => number): NoisyNumber {
  const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { value: Math.round(truth + normal * Math.sqrt(noiseVariance)), noiseVariance };
}

/** An arm as drawn and released: so many persons, a share of whom do it. */
export function releasedShare(
  { persons, rate, noiseVariance }: { persons: number; rate: number; noiseVariance: number },
  uniform: () => number,
): ArmCounts {
  return {
    persons: releasedOf(persons, noiseVariance, uniform),
    total: releasedOf(drawBinomial(persons, rate, uniform), noiseVariance, uniform),
    squares: null,
    bounds: { low: 0, high: 1 },
  };
}

/** An arm whose persons spend: most nothing, some an amount of a mean, none beyond a cap. */
export function releasedAmounts(
  { persons, rate, mean, cap, noiseVariance }: AmountArm,
  uniform: () => number,
): ArmCounts {
  let [total, squares] = [0, 0];
  for (let spender = drawBinomial(persons, rate, uniform); spender > 0; spender -= 1) {
    const amount = Math.min(cap, -mean * Math.log(1 - uniform()));
    total += amount;
    squares += amount * amount;
  }
  return {
    persons: releasedOf(persons, noiseVariance, uniform),
    total: releasedOf(total, noiseVariance * cap ** 2, uniform),
    squares: releasedOf(squares, noiseVariance * cap ** 4, uniform),
    bounds: { low: 0, high: cap },
  };
}

/** An arm whose persons spend. */
export interface AmountArm {
  readonly persons: number;
  readonly rate: number;
  readonly mean: number;
  readonly cap: number;
  /** Of the noise on persons; that on the sums is larger by the cap. */
  readonly noiseVariance: number;
}

/** What a person of such an arm spends on average. */
export function meanAmount({ rate, mean, cap }: AmountArm): number {
  return rate * mean * (1 - Math.exp(-cap / mean));
}
