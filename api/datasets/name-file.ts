import { basename } from 'node:path';
import type { BlobPlace } from '../vault/index.ts';

/** What a sealed file is by its path in the data directory; its id inside must be the same. */
export interface FileName {
  readonly fileId: string;
  /** The part and the column's index, where it is a column's. */
  readonly column?: { readonly partId: string; readonly index: number };
}

/**
 * Names a sealed file by its path: the other way round than `places.ts` writes it. Undefined for files of nobody here.
 */
export function nameFile(path: string): FileName | undefined {
  const [folder, name = '', file = ''] = path.split('/');
  const column = /^column-(\d+)\.sealed$/.exec(file)?.[1];
  if (folder === 'parts' && column !== undefined) {
    return { fileId: `part/${name}/column/${column}`, column: { partId: name, index: Number(column) } };
  }
  if (folder === 'originals') return { fileId: `original/${name}/${basename(file, '.sealed')}` };
  if (folder === 'persons') return { fileId: `persons/${name}/${file}` };
  if (folder === 'verdicts') return { fileId: `verdicts/${name}` };
  if (folder === 'layouts') return { fileId: `layouts/${name}/${file}` };
  if (folder === 'releases') return { fileId: basename(name, '.sealed') };
  if (folder === 'deliveries') return { fileId: `delivery/${basename(name, '.sealed')}` };
  return undefined;
}

/** Where a release is sealed to that lies in its row of the store: it opens as no other. */
export function placeOfRelease(releaseId: string): BlobPlace {
  return { label: 'release', id: releaseId };
}
