/** The newest snapshot of a bound table: what a question sees. */
export interface TableSnapshot {
  readonly datasetId: string;
  readonly snapshotId: string;
  readonly columns: string;
}
