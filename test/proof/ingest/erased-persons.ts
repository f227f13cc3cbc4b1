import { createCipheriv } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type Needle, needlesIn } from './found-identifiers.ts';
import { digestOf, identifiersOf, type MadeUpPerson } from './people.ts';
import {
  chunksOfColumn,
  openSealed,
  openWholeOriginal,
  placesOfPersons,
  type StoredData,
  textOf,
} from './stored-data.ts';

const BLOCK_BYTES = 16;
const NODE_BYTES = 8;
const GZIP = Buffer.from([0x1f, 0x8b]);
const PARQUET = Buffer.from('PAR1');

/**
 * Finds persons who were erased in all that lies sealed: in every original, unpacked, in every column, where an identifier
 * is its digest, and in the persons of every collaboration, where it is a node. Answers where, one line a place.
 */
export async function findErasedPersons(data: StoredData, erased: readonly MadeUpPerson[]): Promise<readonly string[]> {
  if (erased.length === 0) return [];
  const needles = erased.flatMap(needlesOfErased);
  const digests = new Set(erased.flatMap(identifiersOf).map(([, text]) => digestOf(text).toString('hex')));
  const found: string[] = [];
  for (const originalId of new Set(data.rows('original_segments').map((row) => textOf(row, 'original_id')))) {
    const names = needlesIn(await readOriginal(data, originalId), needles);
    if (names.length > 0) found.push(`${names.join(', ')} in the original \`${originalId}\``);
  }
  for (const part of data.rows('parts')) {
    const dataset = data.rows('datasets').find(({ dataset_id: id }) => id === part.dataset_id);
    const columns = JSON.parse(String(dataset?.columns ?? '[]')) as readonly { name: string }[];
    for (const [index, { name }] of columns.entries()) {
      const ref = { partId: textOf(part, 'part_id'), datasetId: textOf(part, 'dataset_id') };
      const count = await countDigests(chunksOfColumn(data, ref, index), digests);
      if (count > 0) found.push(`${count} rows in column \`${name}\` of part \`${ref.partId}\``);
    }
  }
  return [...found, ...(await findNodes(data, erased))];
}

function needlesOfErased(person: MadeUpPerson): readonly Needle[] {
  const written = [person.email, person.phone, person.memberId].map((text) => text.trim());
  const normalised = identifiersOf(person).map(([, text]) => text);
  // With what ends a field behind it: person 7 is no part of person 77.
  return [...new Set([...written, ...normalised])].flatMap((text) =>
    [',', ' ', '"', '\n', '\0'].map((end) => ({ name: text, bytes: Buffer.from(`${text}${end}`) })),
  );
}

/** An original as text in which an identifier stands as it was written. */
async function readOriginal(data: StoredData, originalId: string): Promise<Buffer> {
  const bytes = await openWholeOriginal(data, originalId);
  if (bytes.subarray(0, 2).equals(GZIP)) return gunzipSync(bytes);
  if (!bytes.subarray(0, 4).equals(PARQUET)) return bytes;
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file, compressors });
  return Buffer.from(rows.map((row) => Object.values(row).join('\0')).join('\0\n'));
}

async function countDigests(chunks: AsyncIterable<Uint8Array>, digests: ReadonlySet<string>): Promise<number> {
  let count = 0;
  for await (const bytes of chunks) {
    const whole = Buffer.from(bytes);
    // Wherever they stand in a chunk: this is no reader of the format, which may change.
    for (const digest of digests) if (whole.includes(Buffer.from(digest, 'hex'))) count += 1;
  }
  return count;
}

async function findNodes(data: StoredData, erased: readonly MadeUpPerson[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [collaborationId, place] of placesOfPersons(data)) {
    const { bytes } = await openSealed(data, place);
    const nodes = erased.flatMap((person) => nodesOf(data, collaborationId, person));
    const count = nodes.filter((node) => bytes.includes(node)).length;
    if (count > 0) found.push(`${count} nodes in \`${place.fileId}\``);
  }
  return found;
}

/** What names a person in a collaboration, by each identifier, in the byte order of columns. */
function nodesOf({ kitchen }: StoredData, collaborationId: string, person: MadeUpPerson): readonly Buffer[] {
  return identifiersOf(person).map(([kind, text]) => {
    const key = kitchen.vault.deriveKey(`node/${collaborationId}/${kind}`).export();
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const block = cipher.update(digestOf(text).subarray(0, BLOCK_BYTES));
    return Buffer.from(block.subarray(0, NODE_BYTES)).reverse();
  });
}
