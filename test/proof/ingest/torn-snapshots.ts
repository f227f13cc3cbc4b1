import { createHash } from 'node:crypto';
import { keyedDigest } from '../../../api/datasets/make-part.ts';
import { decodeColumnChunk } from '../../../sandbox/wire/column-chunk.ts';
import {
  chunksOfColumn,
  openSealed,
  openWholeOriginal,
  placeOfColumn,
  type Row,
  type StoredData,
  segmentsOf,
  textOf,
} from './stored-data.ts';

/** Something that is neither whole nor absent, and what is wrong with it. */
export interface TornThing {
  readonly id: string;
  readonly fault: string;
}

/**
 * Finds snapshots and uploads that are named by the store and are not all there.
 *
 * A snapshot is whole when all its parts are: each column opens under its seal, has the rows and the chunks that the
 * store says and the digest that was logged, and the original is byte for byte what its owner sent.
 */
export async function findTorn(data: StoredData): Promise<readonly TornThing[]> {
  const faults = new Map<string, string | null>();
  for (const part of data.rows('parts')) faults.set(textOf(part, 'part_id'), await partFault(data, part));
  const snapshots = data.rows('snapshots').filter(({ state }) => state === 'published');
  const torn = snapshots.flatMap((snapshot) => {
    const fault = snapshotFault(data, snapshot, faults);
    return fault === null ? [] : [{ id: textOf(snapshot, 'snapshot_id'), fault }];
  });
  return [...torn, ...(await findTornUploads(data))];
}

function snapshotFault({ rows }: StoredData, snapshot: Row, faults: ReadonlyMap<string, string | null>): string | null {
  const places = rows('snapshot_parts')
    .filter(({ snapshot_id: id }) => id === snapshot.snapshot_id)
    .toSorted((a, b) => Number(a.position) - Number(b.position));
  if (places.length === 0) return 'has no parts';
  if (places.some(({ position }, index) => Number(position) !== index)) return 'has a gap between its parts';
  const ids = places.map((place) => textOf(place, 'part_id'));
  for (const id of ids) {
    const fault = faults.get(id);
    if (fault !== null) return `part \`${id}\` ${fault ?? 'is not in the store'}`;
  }
  const parts = rows('parts').filter((part) => ids.includes(textOf(part, 'part_id')));
  const rowCount = parts.reduce((sum, part) => sum + Number(part.row_count), 0);
  return rowCount === Number(snapshot.row_count) ? null : `has ${rowCount} rows and says ${snapshot.row_count}`;
}

async function partFault(data: StoredData, part: Row): Promise<string | null> {
  const dataset = data.rows('datasets').find(({ dataset_id: id }) => id === part.dataset_id);
  if (dataset === undefined) return 'has no dataset';
  const columns = JSON.parse(textOf(dataset, 'columns')) as readonly { name: string }[];
  try {
    for (const [index, { name }] of columns.entries()) {
      const fault = await columnFault(data, part, { name, index });
      if (fault !== null) return `column \`${name}\` ${fault}`;
    }
    return await originalFault(data, part);
  } catch (cause) {
    return `does not open: ${String(cause)}`;
  }
}

async function columnFault(
  data: StoredData,
  part: Row,
  { name, index }: { name: string; index: number },
): Promise<string | null> {
  const ref = { partId: textOf(part, 'part_id'), datasetId: textOf(part, 'dataset_id') };
  const chunks = await Array.fromAsync(chunksOfColumn(data, ref, index));
  if (chunks.length !== Number(part.chunk_count)) return `has ${chunks.length} chunks and says ${part.chunk_count}`;
  const rowCount = chunks.reduce((sum, bytes) => sum + decodeColumnChunk(bytes).rowCount, 0);
  if (rowCount !== Number(part.row_count)) return `has ${rowCount} rows and says ${part.row_count}`;
  const { sha256 } = await openSealed(data, placeOfColumn(data, ref, index));
  const logged = (JSON.parse(textOf(part, 'column_digests')) as Record<string, string>)[name];
  return logged === keyedDigest(data.kitchen, ref.partId, sha256) ? null : 'is not what was published';
}

async function originalFault(data: StoredData, part: Row): Promise<string | null> {
  const originalId = textOf(part, 'original_id');
  const fault = await segmentsFault(data, originalId);
  if (fault !== null) return fault;
  const sha256 = createHash('sha256')
    .update(await openWholeOriginal(data, originalId))
    .digest('hex');
  return sha256 === part.original_digest ? null : 'has another original than was sent';
}

async function segmentsFault(data: StoredData, originalId: string): Promise<string | null> {
  for (const [index, { position, byteCount, place }] of segmentsOf(data, originalId).entries()) {
    if (position !== index) return `lacks segment ${index} of its original`;
    const { bytes } = await openSealed(data, place);
    if (bytes.length !== byteCount) return `has ${bytes.length} bytes in segment ${index} and says ${byteCount}`;
  }
  return null;
}

// Whoever goes on with an upload relies on what the store says has arrived.
async function findTornUploads(data: StoredData): Promise<readonly TornThing[]> {
  const torn: TornThing[] = [];
  for (const upload of data.rows('uploads').filter(({ state }) => state !== 'published')) {
    const id = textOf(upload, 'upload_id');
    const fault = await segmentsFault(data, id).catch((cause: unknown) => `does not open: ${String(cause)}`);
    if (fault !== null) torn.push({ id, fault });
  }
  return torn;
}
