import type { TableSnapshot } from '../datasets/index.ts';
import type { Work } from '../kitchen/index.ts';
import type { RunCost } from '../layouts/index.ts';

/** What an aggregation runs over. */
export interface RunPlace {
  readonly collaborationId: string;
  /** The member it is for: its releases are its own. */
  readonly consumer: string;
  /** The question it runs for: an exact aggregation is compared with those that were recorded before it. */
  readonly queryId?: string;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly work: Work;
  /** Is told what the run took. */
  readonly tellCost?: (cost: RunCost) => void;
}
