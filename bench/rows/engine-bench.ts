import type { BenchLayouts } from '../stored/bench-layouts.ts';
import type { BenchStore } from '../stored/bench-store.ts';

/** What the rows of one size are measured on. */
export interface EngineBench {
  readonly store: BenchStore;
  readonly layouts: BenchLayouts;
  readonly size: number;
  readonly roundCount: number;
}
