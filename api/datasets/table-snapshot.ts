import type { CountingState } from './counting-state.ts';

/** What a job sees of one table: a snapshot as it stands now. */
export interface TableSnapshot {
  readonly datasetId: string;
  readonly snapshotId: string;
  /**
   * Names the very rows that count: another one as soon as an erasure, a consent or the day changes them. Releases are
   * named by it.
   */
  readonly contentId: string;
  /** The schema, as stored. */
  readonly columns: string;
  /** Which rows count; null where all do. */
  readonly counting: CountingState | null;
  /** In order. */
  readonly partIds: readonly string[];
}
