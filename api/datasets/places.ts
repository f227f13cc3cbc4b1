import { join } from 'node:path';
import type { Kitchen } from '../kitchen/index.ts';
import type { SealedPlace } from '../vault/index.ts';

/** A part and the dataset whose key seals it. */
export interface PartRef {
  readonly partId: string;
  readonly datasetId: string;
}

/** The folder of all originals, a folder each. */
export function originalsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'originals');
}

/** A segment of a file as its owner sent it: for publishing and take-out alone. */
export function originalPlace(kitchen: Kitchen, originalId: string, position: number): SealedPlace {
  return {
    path: join(originalsDirectory(kitchen), originalId, `${position}.sealed`),
    fileId: `original/${originalId}/${position}`,
  };
}

/** The folder of all parts, a folder each. */
export function partsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'parts');
}

/** The folder of one part. */
export function partDirectory(kitchen: Kitchen, partId: string): string {
  return join(partsDirectory(kitchen), partId);
}

/** One column of a part. An identifier's is a vault column: the spine and delivery alone open it. */
export function columnPlace(kitchen: Kitchen, { partId, datasetId }: PartRef, index: number): SealedPlace {
  return {
    path: join(partDirectory(kitchen, partId), `column-${index}.sealed`),
    fileId: `part/${partId}/column/${index}`,
    dataset: datasetId,
  };
}

/** The folder of all persons, a folder a collaboration. */
export function personsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'persons');
}

/** What a spine says of one member, by the name of its file; it is of no dataset. */
export function entriesPlace(kitchen: Kitchen, collaborationId: string, fileName: string): SealedPlace {
  return {
    path: join(personsDirectory(kitchen), collaborationId, fileName),
    fileId: `persons/${collaborationId}/${fileName}`,
  };
}

/** A column of persons or nodes of a part, or its links, in one collaboration, by the name of its file. */
export function personPlace(
  kitchen: Kitchen,
  collaborationId: string,
  { fileName, datasetId }: { readonly fileName: string; readonly datasetId: string },
): SealedPlace {
  return {
    path: join(personsDirectory(kitchen), collaborationId, fileName),
    fileId: `persons/${collaborationId}/${fileName}`,
    dataset: datasetId,
  };
}
