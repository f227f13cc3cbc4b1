import { join } from 'node:path';
import type { Kitchen } from '../kitchen/index.ts';
import type { SealedPlace } from '../vault/index.ts';

/** The folder of all snapshots. */
export function snapshotsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'snapshots');
}

/** The folder of one snapshot. */
export function snapshotDirectory(kitchen: Kitchen, snapshotId: string): string {
  return join(snapshotsDirectory(kitchen), snapshotId);
}

/** The bytes as their owner sent them, for take-out alone. */
export function originalPlace(kitchen: Kitchen, snapshotId: string): SealedPlace {
  return {
    path: join(snapshotDirectory(kitchen, snapshotId), 'original.sealed'),
    fileId: `snapshot/${snapshotId}/original`,
  };
}

/** One column. The identifier's column is the vault column: pseudonymisation and delivery alone open it. */
export function columnPlace(kitchen: Kitchen, snapshotId: string, index: number): SealedPlace {
  return {
    path: join(snapshotDirectory(kitchen, snapshotId), `column-${index}.sealed`),
    fileId: `snapshot/${snapshotId}/column/${index}`,
  };
}

/** The folder of all persons, a folder a collaboration. */
export function personsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'persons');
}

/** The persons of a snapshot in one collaboration. */
export function personPlace(kitchen: Kitchen, collaborationId: string, snapshotId: string): SealedPlace {
  return {
    path: join(personsDirectory(kitchen), collaborationId, `${snapshotId}.sealed`),
    fileId: `persons/${collaborationId}/${snapshotId}`,
  };
}
