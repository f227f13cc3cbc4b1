import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_NOTE_BYTES } from '../checkpoint/index.ts';
import { readBounded } from '../disk/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { TILE_WIDTH_HASHES, tilePath } from '../merkle/index.ts';
import { TileReader } from './tile-reader.ts';

/** The file of the newest checkpoint, in a log's folder and in a mirror. */
export const CHECKPOINT_FILE = 'checkpoint';

/** Where a mirror keeps every checkpoint that it was ever shown. */
export const SEEN_FOLDER = 'seen';

/** A run of leaves; from the first one when nothing else is said. */
export interface LeafRange {
  readonly fromIndex?: number;
  readonly untilIndex: number;
}

/**
 * Reads the leaves of a mirror, or of a service's own log folder, in order: as many as its checkpoint speaks of, or
 * fewer. Nothing is verified: `verifyLog` does that with what this gives.
 *
 * @throws {LogVerificationError} `TILE_MISSING` while reading, with the place, when entries are not there or not whole
 */
export async function* leavesOfMirror(
  directory: string,
  { fromIndex = 0, untilIndex }: LeafRange,
): AsyncGenerator<Uint8Array, void> {
  const reader = new TileReader(directory);
  for (let next = fromIndex; next < untilIndex; ) {
    const index = Math.floor(next / TILE_WIDTH_HASHES);
    const start = index * TILE_WIDTH_HASHES;
    const width = Math.min(untilIndex - start, TILE_WIDTH_HASHES);
    const leaves = await reader.bundle(index, width);
    if (leaves === undefined) {
      const place = tilePath('entries', index, width);
      throw new LogVerificationError('TILE_MISSING', `\`${place}\` is not there, or not a bundle of entries`, next);
    }
    yield* leaves.slice(next - start);
    next = start + width;
  }
}

/**
 * Reads the newest checkpoint of a mirror, unverified.
 *
 * @throws {LogVerificationError} `CHECKPOINT_MISSING`
 */
export async function checkpointOfMirror(directory: string): Promise<string> {
  try {
    return await readNote(join(directory, CHECKPOINT_FILE));
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new LogVerificationError(
      'CHECKPOINT_MISSING',
      'folder has no file `checkpoint`, so it is no mirror of a log',
    );
  }
}

/** A checkpoint that a mirror was shown, with its file beneath the mirror. */
export interface SeenNote {
  readonly path: string;
  readonly note: string;
}

/** Reads every checkpoint that a mirror was ever shown, unverified; none for a plain copy of a log. */
export async function seenNotes(directory: string): Promise<SeenNote[]> {
  try {
    const paths = (await readdir(join(directory, SEEN_FOLDER))).toSorted().map((name) => `${SEEN_FOLDER}/${name}`);
    const seen: SeenNote[] = [];
    // One after the other: a mirror of years has more of them than a process may have open.
    for (const path of paths) seen.push({ path, note: await readNote(join(directory, path)) });
    return seen;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return [];
  }
}

/** The texts of every checkpoint that a mirror was ever shown, unverified and in no order. */
export async function seenByMirror(directory: string): Promise<string[]> {
  return (await seenNotes(directory)).map(({ note }) => note);
}

async function readNote(file: string): Promise<string> {
  return (await readBounded(file, MAX_NOTE_BYTES)).toString('utf8');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
