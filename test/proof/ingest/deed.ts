import type { IngestStage } from './ingest-stage.ts';

/**
 * Something that a member does with its data, of several calls, which may be broken off anywhere. An attempt goes on from
 * where the last one was broken off, as a client does that is started again.
 */
export interface Deed {
  /** What is done, for whoever reads a failure. */
  readonly name: string;
  /** How long it takes when it is left alone, roughly. */
  readonly usualMs: number;
  /** Does it, or what is left of it. */
  readonly attempt: (stage: IngestStage) => Promise<void>;
  /** What is wrong with what came of it, once it is done. */
  readonly check: (stage: IngestStage) => Promise<readonly string[]>;
}
