import type { Kitchen } from '../kitchen/index.ts';
import { readColumnChunks } from './column-file.ts';
import type { PinnedPersons } from './pinned-persons.ts';
import { columnPlace, personPlace } from './places.ts';
import { countingChunks } from './row-verdicts.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/** The chunks of a stored column, over all parts of a snapshot: the rows that count. */
export async function* columnChunks(
  kitchen: Kitchen,
  { datasetId, partIds, counting: state }: TableSnapshot,
  index: number,
): AsyncGenerator<Uint8Array, void> {
  for (const partId of partIds) {
    const part = { partId, datasetId };
    yield* countingChunks(kitchen, { state, part }, readColumnChunks(kitchen, columnPlace(kitchen, part, index)));
  }
}

/** The persons of a snapshot in a collaboration, over all parts, as they are pinned: those of rows that count. */
export async function* personChunks(
  kitchen: Kitchen,
  collaborationId: string,
  { snapshot, persons }: { readonly snapshot: TableSnapshot; readonly persons: PinnedPersons },
): AsyncGenerator<Uint8Array, void> {
  const { datasetId, partIds } = snapshot;
  for (const partId of partIds) {
    const fileName = persons.get(partId);
    // INVARIANT: all that a job reads was pinned before it began.
    if (fileName === undefined) throw new Error(`the persons of part \`${partId}\` are not pinned`);
    const chunks = readColumnChunks(kitchen, personPlace(kitchen, collaborationId, { fileName, datasetId }));
    yield* countingChunks(kitchen, { state: snapshot.counting, part: { partId, datasetId } }, chunks);
  }
}
