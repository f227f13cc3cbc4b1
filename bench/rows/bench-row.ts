/** A line of the table: what is compared, with what, and the ratio of both. */
export interface BenchRow {
  readonly name: string;
  readonly baseline: string;
  /** Median of the rounds' ratios, with the lowest and the highest. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** `null` where no memory was measured, as of what waits for other processes. */
  readonly peakMemoryRatio: number | null;
  /** The same ratio by time of the processor: nearly free of what else the machine does. */
  readonly cpuRatio?: number;
  /** Events; of rows on other data the rows of their largest table. */
  readonly size: number;
  /** The program that counts: `general`, `sharded`, `planned` or `streamed`. */
  readonly path?: string;
  /** Whether the plain side counts distinct persons. */
  readonly countsPersons?: boolean;
  /** The most that the ratio may be, where one was aimed at. */
  readonly most?: number;
  /** What the compared side worked with at its height, beside pages of tables. */
  readonly peakBytes?: number;
  /** The share of what persons bring into groups that shows which is counted; the same for all programs. */
  readonly keptShare?: number;
  /** What took no ratio to say. */
  readonly note?: string;
}

/** Two numbers that were not measured in rounds, as a row. */
export function rowOfNumbers(
  named: Pick<BenchRow, 'name' | 'baseline' | 'size'> & Partial<BenchRow>,
  of: number,
  over: number,
): BenchRow {
  const ratio = of / over;
  return { peakMemoryRatio: null, ...named, ratio, low: ratio, high: ratio };
}
