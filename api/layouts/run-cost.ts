import type { Kitchen } from '../kitchen/index.ts';

/** The ways an aggregation may be counted, in the order of their codes: append only, stored records depend on it. */
const PATH_KINDS = ['general', 'sharded', 'planned', 'streamed'] as const;

/** A way an aggregation may be counted. */
export type PathKind = (typeof PATH_KINDS)[number];

/** What counting an aggregation took. It follows from data, and is for owners alone. */
export interface RunCost {
  readonly path: PathKind;
  readonly shardCount: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  /** As the worker says it; 0 where it does not. */
  readonly peakMemoryBytes: number;
  readonly runMs: number;
}

const LABEL = 'run-cost';
const NUMBER_BYTES = 8;
const FIELDS_COUNT = 6;

/**
 * Seals what the run took that made a release, to be kept with it: whoever is told of the release later is told the same.
 */
export function sealRunCost({ vault }: Pick<Kitchen, 'vault'>, releaseKey: string, cost: RunCost): Uint8Array {
  const { path, shardCount, rowsRead, bytesRead, peakMemoryBytes, runMs } = cost;
  const plain = Buffer.alloc(FIELDS_COUNT * NUMBER_BYTES);
  const fields = [PATH_KINDS.indexOf(path), shardCount, rowsRead, bytesRead, peakMemoryBytes, Math.round(runMs)];
  for (const [index, value] of fields.entries()) plain.writeDoubleLE(value, index * NUMBER_BYTES);
  return vault.sealBytes({ label: LABEL, id: releaseKey }, plain);
}

/** Reads what the run took that made a release; null where nobody measured it. */
export async function readRunCost(kitchen: Kitchen, releaseKey: string): Promise<RunCost | null> {
  const row = await kitchen.store.db
    .selectFrom('releases')
    .select('cost_sealed')
    .where('cache_key', '=', releaseKey)
    .executeTakeFirst();
  if (!row?.cost_sealed) return null;
  const plain = Buffer.from(kitchen.vault.openBytes({ label: LABEL, id: releaseKey }, row.cost_sealed));
  const [path = 0, shardCount = 0, rowsRead = 0, bytesRead = 0, peakMemoryBytes = 0, runMs = 0] = Array.from(
    { length: FIELDS_COUNT },
    (_, index) => plain.readDoubleLE(index * NUMBER_BYTES),
  );
  return { path: PATH_KINDS[path] ?? 'general', shardCount, rowsRead, bytesRead, peakMemoryBytes, runMs };
}
