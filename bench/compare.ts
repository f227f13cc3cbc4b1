import { performance } from 'node:perf_hooks';

/** What one figure compares: each side is timed in turn, so that a machine that slows down slows both. */
export interface Comparison {
  readonly name: string;
  readonly baseline: string;
  readonly run: (round: number) => Promise<unknown>;
  readonly against: (round: number) => Promise<unknown>;
  /** Counted rounds; one more goes before them uncounted. */
  readonly roundCount: number;
}

/** A ratio with its spread. */
export interface Figure {
  readonly name: string;
  readonly baseline: string;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Median of the compared side, for orientation only: machines differ. */
  readonly medianMs: number;
}

/** Times both sides in turn and answers the median ratio with its lowest and highest round. */
export async function compare({ name, baseline, run, against, roundCount }: Comparison): Promise<Figure> {
  const ratios: number[] = [];
  const times: number[] = [];
  for (let round = 0; round <= roundCount; round += 1) {
    const isRunFirst = round % 2 === 0;
    const first = await time(() => (isRunFirst ? run : against)(round));
    const second = await time(() => (isRunFirst ? against : run)(round));
    if (round === 0) continue;
    const [ran, compared] = isRunFirst ? [first, second] : [second, first];
    ratios.push(ran / compared);
    times.push(ran);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  return {
    name,
    baseline,
    ratio: median(sorted),
    low: sorted[0] ?? Number.NaN,
    high: sorted.at(-1) ?? Number.NaN,
    medianMs: median(times.toSorted((a, b) => a - b)),
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN, sorted[middle] ?? Number.NaN];
  return (low + high) / 2;
}
