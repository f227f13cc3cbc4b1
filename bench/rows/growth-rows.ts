// What a row alone does not say: how the work grows with the data, and when that at upload has paid.
import type { BenchLayouts } from '../stored/bench-layouts.ts';
import { type BenchRow, rowOfNumbers } from './bench-row.ts';

/** What a sharded plan may work with at a hundred million events. */
const MOST_WORKING_BYTES = 67_108_864;

/** What a question took at a size: medians of its rounds. */
export interface QuestionCost {
  readonly name: string;
  readonly size: number;
  readonly path: string;
  readonly pathCpuMs: number;
  readonly handedInCpuMs: number;
  readonly peakBytes: number;
}

/** After how many questions the work at upload has paid, by time of the processor. */
export function paybackRows(costs: readonly QuestionCost[], { make, copy }: BenchLayouts): readonly BenchRow[] {
  const [first] = costs;
  if (first === undefined) return [];
  const { size } = first;
  const saved = costs.map(({ pathCpuMs, handedInCpuMs }) => handedInCpuMs - pathCpuMs);
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const plain = mean(costs.map(({ handedInCpuMs }) => handedInCpuMs));
  const questions = Math.ceil(make.cpuMs / mean(saved));
  const paid = mean(saved) > 0 ? `paid after ${questions} questions, these in turn` : 'never paid by these questions';
  return [
    rowOfNumbers(
      {
        name: 'work at upload: all layouts, time of the processor',
        baseline: 'one plain question as handed in, the mean of these',
        size,
        note: paid,
      },
      make.cpuMs,
      plain,
    ),
    rowOfNumbers(
      {
        name: 'work at upload: all layouts, time of the processor',
        baseline: "DuckDB's own copy of the events as handed in",
        size,
      },
      make.cpuMs,
      copy.cpuMs,
    ),
  ];
}

/** Time of the processor at a size over that at the one before, as a share of the growth of the rows. */
export function growthRows(costs: readonly QuestionCost[], before: readonly QuestionCost[]): readonly BenchRow[] {
  return costs.flatMap((cost) => {
    const smaller = before.find(({ name }) => name === cost.name);
    if (smaller === undefined) return [];
    const rowsGrowth = cost.size / smaller.size;
    const named = {
      name: `growth of the processor's time: ${cost.name}`,
      baseline: `the growth of the rows, ${rowsGrowth} times`,
      size: cost.size,
      path: cost.path,
      most: 1,
    };
    return [rowOfNumbers(named, cost.pathCpuMs / smaller.pathCpuMs, rowsGrowth)];
  });
}

/** The most that any plan over layouts works with. */
export function workingMemoryRow(costs: readonly QuestionCost[]): readonly BenchRow[] {
  const [largest] = costs.filter(({ path }) => path !== 'general').toSorted((a, b) => b.peakBytes - a.peakBytes);
  if (largest === undefined) return [];
  const named = {
    name: `working memory over layouts, at its most: ${largest.name}`,
    baseline: '64 MiB',
    size: largest.size,
  };
  const { path, peakBytes } = largest;
  return [rowOfNumbers({ ...named, path, peakBytes, most: 1 }, peakBytes, MOST_WORKING_BYTES)];
}
