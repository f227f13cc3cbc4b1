import { type Spent, timed } from './timed.ts';

/** What the engine takes at a time: less than one block of memory is counted as one. */
const BLOCK_BYTES = 262_144;

/** One of several ways to do the same. */
export interface Side {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** What a side took in each counted round. */
export interface Measured {
  readonly name: string;
  readonly rounds: readonly Spent[];
  readonly peakBytes: number;
}

/** A ratio with its spread over the rounds. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly cpuRatio: number;
  readonly peakMemoryRatio: number;
}

/**
 * Runs all sides in turn, in reversed order every other round, so that a machine that slows down slows all of them.
 *
 * One more round goes before them uncounted. It warms the buffers and measures memory, which the counted ones leave
 * alone: who looks takes time of the same processors.
 */
export async function contest(
  sides: readonly Side[],
  roundCount: number,
  peakBytesOf: (work: () => Promise<unknown>) => Promise<number>,
): Promise<readonly Measured[]> {
  const peaks = new Map<string, number>();
  const rounds = new Map<string, Spent[]>(sides.map(({ name }) => [name, []]));
  for (const { name, run } of sides) peaks.set(name, await peakBytesOf(run));
  for (let round = 0; round < roundCount; round += 1) {
    for (const { name, run } of round % 2 === 0 ? sides : sides.toReversed()) {
      const spent = await timed(run);
      rounds.get(name)?.push(spent);
    }
  }
  return [...rounds].map(([name, of]) => ({ name, rounds: of, peakBytes: peaks.get(name) ?? 0 }));
}

/** The ratio of a side to another: the median over the rounds, with the lowest and the highest. */
export function ratioOf(side: Measured, baseline: Measured): Ratio {
  const ratiosOf = (unit: keyof Spent) =>
    side.rounds.map((spent, round) => spent[unit] / (baseline.rounds[round]?.[unit] ?? Number.NaN));
  const ratios = ratiosOf('wallMs');
  return {
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    cpuRatio: median(ratiosOf('cpuMs')),
    peakMemoryRatio: Math.max(side.peakBytes, BLOCK_BYTES) / Math.max(baseline.peakBytes, BLOCK_BYTES),
  };
}

/** The middle value, or the mean of both in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
