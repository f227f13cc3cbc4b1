import type { IdentifierKind } from '../../policies/index.ts';
import type { JobLimits, SpineCounts } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { inTurn } from './in-turn.ts';
import { ensureNodeColumns, type NodeColumns } from './node-columns.ts';
import { inputsOf } from './resolve-spine.ts';
import { readSpineScope } from './spine-scope.ts';

/** Exact counts of a member's own identifiers in one collaboration. */
export interface OwnCounts {
  readonly counts: SpineCounts;
  /** The kind of each rank in the counts. */
  readonly kinds: ReadonlyMap<number, IdentifierKind>;
}

const NOTHING: SpineCounts = { identifiers: 0, clusters: 0, attached: 0, shared: 0, crowded: 0, ranks: [] };

/**
 * Counts what the identity rules make of one member's identifiers, by its own rows alone: nobody else's are in the job, so
 * that no number can tell of them.
 */
export async function countOwnIdentifiers(
  kitchen: Kitchen,
  { collaborationId, member }: { collaborationId: string; member: string },
  nextJob: () => JobLimits,
): Promise<OwnCounts> {
  const all = await readSpineScope(kitchen, collaborationId);
  const scope = { ...all, members: [member], parts: all.parts.filter(({ owner }) => owner === member) };
  const nodes = new Map<string, NodeColumns>();
  await inTurn(`spine/${collaborationId}`, async () => {
    for (const part of scope.parts) nodes.set(part.partId, await ensureNodeColumns(kitchen, scope, part));
  });
  const inputs = inputsOf(kitchen, scope, { nodes, earlier: {} });
  // Nobody stands alone where there is one member: the key names nothing.
  const job = { unit: 'person' as const, aloneKeys: [new Uint8Array(32)], inputs, isCounting: true };
  let counts = NOTHING;
  for await (const told of kitchen.wall.resolve(job, nextJob())) {
    if (told.kind === 'resolved') counts = told.counts[0] ?? NOTHING;
  }
  return { counts, kinds: new Map([...scope.ranks].map(([kind, rank]) => [rank, kind])) };
}

/** Forgets all persons of a collaboration: they are made anew, by other rules. */
export async function forgetPersons(db: Database, collaborationId: string): Promise<void> {
  for (const table of ['person_columns', 'node_columns', 'spines', 'heavy_persons'] as const) {
    await db.deleteFrom(table).where('collaboration_id', '=', collaborationId).execute();
  }
}
