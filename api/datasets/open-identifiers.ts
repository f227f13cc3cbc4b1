import type { IdentifierKind } from '../../policies/index.ts';
import type { MatchSideSource } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { columnsOf, identifiersOf } from './dataset-columns.ts';
import { openTable } from './open-tables.ts';
import type { PinnedPersons } from './pinned-persons.ts';
import { columnChunks } from './snapshot-chunks.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/**
 * Opens the persons of a snapshot in a collaboration, and beside them, row by row alike, the digests of each of these
 * kinds.
 *
 * For jobs that match, which answer numbers alone: no query is ever given a digest.
 */
export function openIdentifiers(
  kitchen: Kitchen,
  collaborationId: string,
  {
    snapshot,
    kinds,
    persons: pinned,
  }: {
    readonly snapshot: TableSnapshot;
    readonly kinds: readonly IdentifierKind[];
    readonly persons: PinnedPersons;
  },
): MatchSideSource {
  const columns = columnsOf(snapshot.columns);
  const identifiers = identifiersOf(columns);
  const person = columns[identifiers[0]?.index ?? -1]?.name ?? '';
  // As a query gets them, so that nobody is matched whose rows no query would count.
  const of = { name: '', columns: new Set([person]), snapshot, persons: pinned };
  const table = openTable(kitchen, collaborationId, of);
  const [persons] = table.columns;
  if (persons === undefined) throw new Error(`snapshot \`${snapshot.snapshotId}\` names no persons`);
  const digestChunks = kinds.map((kind) => {
    const found = identifiers.find((identifier) => identifier.kind === kind);
    if (found === undefined) throw new Error(`snapshot \`${snapshot.snapshotId}\` has no \`${kind}\``);
    return () => columnChunks(kitchen, snapshot, found.index);
  });
  return { personChunks: persons.chunks, digestChunks };
}
