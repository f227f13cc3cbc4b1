import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { localDisk, sweepDrafts } from '../disk/index.ts';
import { HashTree, leafHash, TILE_WIDTH_HASHES, tilePath } from '../merkle/index.ts';
import { TileReader, TileWriter } from '../tiles/index.ts';
import { encodeBundle } from '../tiles/entry-bundle.ts';
import { signedLeaves, temporaryDirectory, testSigner } from './kitchen-log.ts';

/** A folder with the tiles of some leaves and their signed checkpoint, as a copy of a log's files is. */
export async function mirrorOf(leaves: readonly Uint8Array[], signer = testSigner()): Promise<string> {
  const directory = await temporaryDirectory();
  await sweepDrafts(localDisk, directory);
  const tree = new HashTree(new TileReader(directory).fullTile);
  const writer = new TileWriter({ disk: localDisk, directory, tree });
  for (const leaf of leaves) writer.add(leaf, leafHash(leaf));
  await writer.writePartials(leaves.length);
  const { checkpoint } = await signedLeaves(leaves, signer);
  await writeFile(join(directory, 'checkpoint'), checkpoint);
  return directory;
}

/** A copy of a mirror in which the entries are others; checkpoint and hashes stay as they were. */
export async function withOtherEntries(mirror: string, leaves: readonly Uint8Array[]): Promise<string> {
  const directory = await temporaryDirectory();
  await cp(mirror, directory, { recursive: true, filter: (path) => !path.includes('tile/entries') });
  for (let start = 0; start < leaves.length; start += TILE_WIDTH_HASHES) {
    const bundle = leaves.slice(start, start + TILE_WIDTH_HASHES);
    const file = join(directory, tilePath('entries', start / TILE_WIDTH_HASHES, bundle.length));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, encodeBundle(bundle));
  }
  return directory;
}
