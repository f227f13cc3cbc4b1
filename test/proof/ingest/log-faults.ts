import { isDeepStrictEqual } from 'node:util';
import type { LoggedEntry } from '../../support/service-questions.ts';
import { type StoredData, textOf } from './stored-data.ts';

/** Kinds of entries after which a published snapshot may be gone. */
const ERASURES: ReadonlySet<string> = new Set(['dataset-erased', 'member-erased']);

/**
 * Finds where log and store disagree on what was published: a snapshot without its entry, an entry of another part or
 * digest than is stored, or an entry whose snapshot is not there and was never erased.
 */
export function findLogFaults({ rows }: StoredData, entries: readonly LoggedEntry[]): readonly string[] {
  const published = entries.filter(({ kind }) => kind === 'snapshot-published');
  const known = new Set(rows('snapshots').map((row) => textOf(row, 'snapshot_id')));
  const isErasedAfter = ({ leafIndex, subject }: LoggedEntry): boolean =>
    entries.some((e) => ERASURES.has(e.kind) && e.leafIndex > leafIndex && e.subject.dataset === subject.dataset);
  const missing = published
    .filter((entry) => !known.has(String(entry.subject.snapshot)) && !isErasedAfter(entry))
    .map((entry) => `entry ${entry.leafIndex} tells of snapshot \`${entry.subject.snapshot}\`, which is not there`);
  const untold = rows('snapshots').flatMap((row) => {
    const id = textOf(row, 'snapshot_id');
    const told = published.filter(({ subject }) => subject.snapshot === id);
    if (told.length !== 1) return [`snapshot \`${id}\` has ${told.length} entries`];
    return told[0]?.leafIndex === Number(row.leaf_index) ? [] : [`snapshot \`${id}\` names another entry than its own`];
  });
  return [...missing, ...untold, ...published.flatMap((entry) => digestFaults({ rows }, entry))];
}

// An erasure rewrites columns: then the entry tells of what was published, and the store of what is left.
function digestFaults({ rows }: Pick<StoredData, 'rows'>, { leafIndex, subject }: LoggedEntry): readonly string[] {
  const snapshot = rows('snapshots').find(({ snapshot_id: id }) => id === subject.snapshot);
  const part = rows('parts').find(({ part_id: id }) => id === subject.part);
  if (snapshot === undefined || part === undefined || Number(snapshot.revision) > 0) return [];
  const stored = JSON.parse(textOf(part, 'column_digests')) as Readonly<Record<string, string>>;
  const isSame = isDeepStrictEqual(stored, subject.columns);
  return isSame ? [] : [`entry ${leafIndex} has other digests than part \`${textOf(part, 'part_id')}\``];
}
